import { execFile } from 'node:child_process'
import { type NameServices, type ResolvedAddress, systemNames } from '../net/resolve.ts'

const LOOKUP = `
  require('node:dns').lookup(process.argv[1], { all: true, verbatim: true, order: 'verbatim' }, (error, addresses) =>
    process.stdout.write(JSON.stringify(error ? { code: error.code } : { addresses })))
`

/**
 * getaddrinfo in a process of its own. In ours it can't be given up: a server that drops questions would keep this
 * process from ending for 15 s and more. When the signal aborts, the lookup rejects with EAI_AGAIN.
 */
export const lookupInChild = (signal: AbortSignal): NameServices => ({
  ...systemNames,
  lookupAll: (host) =>
    new Promise((resolve, reject) => {
      const options = { signal, killSignal: 'SIGKILL' } as const
      execFile(process.execPath, ['-e', LOOKUP, host], options, (failure, text) => {
        const answer: { code?: string; addresses?: readonly ResolvedAddress[] } = failure ? {} : JSON.parse(text)
        if (answer.addresses) resolve(answer.addresses)
        else reject(Object.assign(new Error(`looking up ${host} failed`), { code: answer.code ?? 'EAI_AGAIN' }))
      })
    }),
})
