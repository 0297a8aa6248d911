/** Ingress rules as nodes know them, and the question they answer: may this source connect to this port? */
import { BlockList } from 'node:net'

/** One source range that may connect; plain data, for it travels to worker threads. */
export interface IngressRule {
  /** `127.0.0.0/8`, `::1/128`. */
  readonly cidr: string
  /** Local ports it may connect to, both ends included; null: every port of the node. */
  readonly ports: readonly [from: number, to: number] | null
}

export type Admission = (address: string | undefined, localPort: number | undefined) => boolean

/** Rules only ever allow: what none of them names is not let in. */
export function admissionOf(rules: readonly IngressRule[]): Admission {
  const ranges = new Map<string, { readonly ports: IngressRule['ports']; readonly sources: BlockList }>()
  for (const { cidr, ports } of rules) {
    const key = ports ? ports.join('-') : 'all'
    const range = ranges.get(key) ?? { ports, sources: new BlockList() }
    const [address = '', prefix] = cidr.split('/')
    range.sources.addSubnet(address, Number(prefix), familyOf(address))
    ranges.set(key, range)
  }
  const all = [...ranges.values()]
  return (address, localPort) =>
    address !== undefined &&
    localPort !== undefined &&
    all.some(
      ({ ports, sources }) =>
        (ports === null || (localPort >= ports[0] && localPort <= ports[1])) &&
        sources.check(address, familyOf(address)),
    )
}

const familyOf = (address: string) => (address.includes(':') ? 'ipv6' : 'ipv4')
