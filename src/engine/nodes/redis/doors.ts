import { keysOf } from './restricted.ts'
import { HAS_SOURCE_ADDRESS } from './server.ts'
import type { RedisSpec } from './spec.ts'

const LOOPBACK = '127.0.0.1'

/** Where servers of this engine find another one: its door lets them in by where they come from; what has no such address goes round it. */
export function placeOf(
  { ip, port, innerPort }: { readonly ip?: string; readonly port: number; readonly innerPort?: number },
  { announce, secret }: Pick<RedisSpec, 'announce' | 'secret'>,
  hasSourceAddress = HAS_SOURCE_ADDRESS,
): { readonly host: string; readonly port: number } {
  if (!hasSourceAddress) return { host: LOOPBACK, port: innerPort ?? port }
  const told = ip ?? announce.ip
  // What clients find by IPv6 listens there besides: servers dial from an address of IPv4.
  return { host: told.includes(':') ? keysOf(secret).address : told, port }
}
