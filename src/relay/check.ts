import { connect } from 'node:net'
import { type Clock, elapsedMs, systemClock } from '../net/clock.ts'

/**
 * `connect`: a connection can be made, with TLS behind it or not. `version`: Memcached answers in plain text; `ping`: Redis OSS
 * or Valkey does.
 */
export type CheckKind = 'connect' | 'version' | 'ping'

/** What is said, and how an answer begins that will do. */
const WORDS: Readonly<Record<Exclude<CheckKind, 'connect'>, readonly [said: string, answer: RegExp]>> = {
  version: ['version\r\n', /^VERSION /],
  // A server that wants a login first is well, and so is one whose user may not say that.
  ping: ['PING\r\n', /^(\+PONG|-NOAUTH|-NOPERM)/],
}

export type CheckOutcome = { readonly ok: true; readonly ms: number } | { readonly ok: false; readonly reason: string }

/** One look at one back end. Never rejects. */
export function checkBackend(
  { host, port }: { readonly host: string; readonly port: number },
  { kind, timeoutMs, clock = systemClock }: { kind: CheckKind; timeoutMs: number; clock?: Clock },
): Promise<CheckOutcome> {
  const start = clock.monotonicMs()
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true })
    let text = ''
    const settle = (reason?: string): void => {
      cancel()
      // Not destroy(): a back end that logs resets would log one for every check.
      socket.end().destroySoon()
      resolve(reason === undefined ? { ok: true, ms: elapsedMs(clock, start) } : { ok: false, reason })
    }
    const cancel = clock.after(timeoutMs, () => {
      settle(socket.connecting ? `no connection within ${timeoutMs} ms` : `no answer within ${timeoutMs} ms`)
      socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message))
    socket.on('close', () => settle('closed without an answer'))
    socket.once('connect', () => (kind === 'connect' ? settle() : socket.write(WORDS[kind][0])))
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (!text.includes('\n') && text.length < 200) return
      const line = (text.split(/\r?\n/)[0] ?? '').slice(0, 60).replace(/[^\x20-\x7e]/g, '?')
      settle(kind !== 'connect' && WORDS[kind][1].test(line) ? undefined : `answers ${line}`)
    })
  })
}
