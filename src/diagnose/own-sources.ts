import { networkInterfaces } from 'node:os'
import { ipv6Bits } from '../net/ip-address.ts'
import { type Family, familyOf } from '../net/target.ts'
import { attemptConnect } from './connect.ts'
import type { WatchOptions } from './own-packets.ts'
import { kernelFile } from './system-file.ts'

/** An address that does not answer this host as it sends by itself, and does when another source address is taken. JSON-able. */
export interface OtherSource {
  readonly address: string
  readonly port: number
  /** What the kernel takes by itself, and what works. */
  readonly from: string
  readonly works: string
  /** The first of them is one that changes every day (RFC 8981). */
  readonly temporary?: true
  readonly device: string
}

const PATIENCE_MS = 1300
const MOST = 3

/** Undefined where no other address of the device does better. Never rejects. */
export async function otherSource(
  target: { readonly address: string; readonly port: number },
  from: string,
  { connect = attemptConnect, clock, signal }: WatchOptions = {},
): Promise<OtherSource | undefined> {
  const device = Object.entries(networkInterfaces()).find(([, list]) => list?.some(({ address }) => address === from))
  if (!device) return undefined
  const others = usable(device[1] ?? [], familyOf(target.address))
    .filter((each) => each !== from)
    .slice(0, MOST)
  const tried = await Promise.all(
    others.map(async (localAddress) => {
      const { outcome } = await connect({
        ...target,
        localAddress,
        timeoutMs: PATIENCE_MS,
        ...(clock && { clock }),
        ...(signal && { signal }),
      })
      return outcome === 'connected' ? localAddress : undefined
    }),
  )
  const works = tried.find((each) => each !== undefined)
  if (works === undefined) return undefined
  const temporary = isTemporary(await kernelFile('/proc/net/if_inet6'), from)
  return { ...target, from, works, device: device[0], ...(temporary && { temporary: true as const }) }
}

const usable = (list: readonly { readonly address: string }[], family: Family): string[] =>
  list.flatMap(({ address }) =>
    familyOf(address) === family && !/^(fe[89ab]|169\.254\.|127\.|::1$)/i.test(address) ? [address] : [],
  )

/** Flag 1 of /proc/net/if_inet6. */
const isTemporary = (text: string, address: string): boolean =>
  text.split('\n').some((line) => {
    const [hex = '', , , , flags = ''] = line.trim().split(/\s+/)
    return hex.length === 32 && (Number.parseInt(flags, 16) & 1) === 1 && BigInt(`0x${hex}`) === ipv6Bits(address)
  })
