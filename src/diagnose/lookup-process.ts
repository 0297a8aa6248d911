import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { privateServerOf } from '../net/private-zone.ts'
import { type NameServices, type ResolvedAddress, systemNames } from '../net/resolve.ts'

/** A name a line in, an answer a line out, as soon as each is there. */
const LOOKUP = `
  const { lookup } = require('node:dns')
  require('node:readline').createInterface({ input: process.stdin }).on('line', (host) =>
    lookup(host, { all: true, verbatim: true, order: 'verbatim' }, (error, addresses) =>
      process.stdout.write(JSON.stringify(error ? { host, code: error.code } : { host, addresses }) + '\\n')))
`

/** Each name has a thread to itself: a slow one keeps no other waiting. */
const THREADS = '128'

interface Answer {
  readonly host: string
  readonly code?: string
  readonly addresses?: readonly ResolvedAddress[]
}

/** Makes name services out of the signal that gives a name up. */
export type ChildLookups = (signal: AbortSignal) => NameServices

/**
 * getaddrinfo in a process of its own, one for all names. In ours it can't be given up: a server that drops questions would
 * keep this process from ending for 15 s and more. When its signal aborts, a lookup rejects with EAI_AGAIN; the process
 * ends as soon as nothing is waited for.
 */
export function lookupsInChild(): ChildLookups {
  const waiting = new Map<string, Set<(answer: Answer) => void>>()
  let child: ChildProcess | undefined

  const endUnlessWaiting = (): void => {
    if (waiting.size > 0) return
    child?.kill('SIGKILL')
    child = undefined
  }
  const settle = (answer: Answer): void => {
    const settles = waiting.get(answer.host) ?? []
    waiting.delete(answer.host)
    for (const one of settles) one(answer)
  }
  const begin = (): ChildProcess => {
    const own = spawn(process.execPath, ['-e', LOOKUP], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, UV_THREADPOOL_SIZE: THREADS },
    })
    const fail = (): void => {
      if (child !== own) return
      child = undefined
      for (const host of [...waiting.keys()]) settle({ host })
    }
    own.stdin.on('error', fail)
    own.on('error', fail).on('close', fail)
    createInterface({ input: own.stdout }).on('line', (line) => {
      settle(JSON.parse(line))
      endUnlessWaiting()
    })
    return own
  }

  return (signal) => ({
    // A name that was given up needs no reasons: asking for them would keep this process, too.
    dnsError: async (host, family, timeoutMs) =>
      signal.aborted ? undefined : systemNames.dnsError(host, family, timeoutMs),
    lookupAll: (host) => {
      // Asked for over a socket of ours, which can be given up.
      if (privateServerOf(host)) return systemNames.lookupAll(host)
      return new Promise((resolve, reject) => {
        const end = ({ addresses, code = 'EAI_AGAIN' }: Answer): void => {
          signal.removeEventListener('abort', giveUp)
          if (addresses) resolve(addresses)
          else reject(Object.assign(new Error(`looking up ${host} failed`), { code }))
        }
        const giveUp = (): void => {
          const settles = waiting.get(host)
          settles?.delete(end)
          if (settles?.size === 0) waiting.delete(host)
          end({ host })
          endUnlessWaiting()
        }
        if (signal.aborted) return end({ host })
        signal.addEventListener('abort', giveUp, { once: true })
        const others = waiting.get(host)
        if (others) return void others.add(end)
        waiting.set(host, new Set([end]))
        child ??= begin()
        child.stdin?.write(`${host}\n`)
      })
    },
  })
}
