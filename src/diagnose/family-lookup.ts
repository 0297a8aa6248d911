import { spawn } from 'node:child_process'
import type { ResolvedAddress } from '../net/resolve.ts'

/** What getaddrinfo gave for one family, or for both at once (`any`), and how long it took. JSON-able. */
export interface FamilyLookup {
  readonly family: 'any' | 4 | 6
  readonly addresses: readonly ResolvedAddress[]
  /** The resolver's code where there are none; `timeout`: no answer yet when time was up. */
  readonly code?: string
  readonly ms: number
}

// In a process of its own: getaddrinfo can't be given up, and would keep ours from ending for 15 s and more.
const LOOKUPS = `
  const { lookup } = require('node:dns')
  for (const family of [0, 4, 6]) {
    const start = process.hrtime.bigint()
    lookup(process.argv[1], { family, all: true, verbatim: true, order: 'verbatim' }, (error, addresses = []) => {
      const ms = Number(process.hrtime.bigint() - start) / 1e6
      console.log(JSON.stringify({ family: family || 'any', addresses, ms, ...(error && { code: error.code }) }))
    })
  }
`

/** Looks a name up as programs on this host do, /etc/hosts and gai.conf included, per family. Never rejects. */
export function lookupPerFamily(host: string, timeoutMs: number, signal?: AbortSignal): Promise<FamilyLookup[]> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', LOOKUPS, host], {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      ...(signal && { signal }),
    })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    child.on('error', () => {})
    child.on('close', () => {
      const answered = text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as FamilyLookup) // as the program above writes it
      const families = ['any', 4, 6] as const
      resolve(
        families.map(
          (family) =>
            answered.find((each) => each.family === family) ?? {
              family,
              addresses: [],
              code: 'timeout',
              ms: timeoutMs,
            },
        ),
      )
    })
  })
}
