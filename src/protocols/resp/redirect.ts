import type { ReplyError } from './reply.ts'

/** Where another node has a key. */
export interface Redirect {
  /** moved: for good, the next request may go there. ask: this once, after saying ASKING. */
  readonly kind: 'moved' | 'ask'
  readonly slot: number
  /** '': the host that was asked (`cluster-preferred-endpoint-type unknown-endpoint`). */
  readonly host: string
  readonly port: number
}

/** Reads `MOVED 3999 127.0.0.1:6381` and `ASK ...`; undefined: the error is another. IPv6 comes without brackets. */
export function redirectOf({ code, text }: ReplyError): Redirect | undefined {
  if (code !== 'MOVED' && code !== 'ASK') return undefined
  const [, slot, host = '', port] = /^(\d{1,5}) (\S*):(\d{1,5})$/.exec(text) ?? []
  if (slot === undefined || port === undefined) return undefined
  return { kind: code === 'MOVED' ? 'moved' : 'ask', slot: Number(slot), host, port: Number(port) }
}
