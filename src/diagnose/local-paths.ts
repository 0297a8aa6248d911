import { ipv4Bits, ipv6Bits } from '../net/ip-address.ts'
import { type Family, familyOf } from '../net/target.ts'
import { programOutput, type RunProgram } from './program-output.ts'
import { kernelFile } from './system-file.ts'

/** How this host would send a packet to an address. Members are absent where the system does not tell. JSON-able. */
export interface LocalPath {
  readonly address: string
  readonly device: string
  readonly kind: DeviceKind
  /** Absent: the address is taken to be on the link itself. */
  readonly gateway?: string
  /** The route as `ip` prints it, to be pasted after `ip route`. */
  readonly route?: string
  /** The device has no carrier: nothing is at its other end. */
  readonly noCarrier?: true
  /** The device is switched off. */
  readonly isOff?: true
  /** What is known of the gateway, or of the address where there is none: whether it answers ARP or neighbour discovery. */
  readonly neighbour?: 'answers' | 'silent'
  /** Of an address of this host: the device that has it, and the address with its length, to be pasted after `ip address del`. */
  readonly own?: string
  /** Routers that a packet may pass, and one more. */
  readonly hopLimit?: number
  /** What leads everywhere else leaves by this device, too. */
  readonly isDefault: boolean
}

export type DeviceKind = 'loopback' | 'tunnel' | 'bridge' | 'dummy' | 'device'

export interface PathOptions {
  readonly run?: RunProgram
  readonly read?: (path: string) => Promise<string>
}

/** Asks `ip` where it is there, and reads /proc/net else. None outside Linux, and where no route leads. Never rejects. */
export async function localPaths(addresses: readonly string[], options: PathOptions = {}): Promise<LocalPath[]> {
  const run = askedOnce(options.run ?? programOutput)
  const found = await Promise.all(addresses.map((address) => localPath(address, { ...options, run })))
  return found.flatMap((each) => each ?? [])
}

/** Several addresses have a device and a gateway in common. */
function askedOnce(run: RunProgram): RunProgram {
  const answers = new Map<string, Promise<string>>()
  return (program, ...words) => {
    const question = [program, ...words].join(' ')
    const answer = answers.get(question) ?? run(program, ...words)
    answers.set(question, answer)
    return answer
  }
}

async function localPath(
  address: string,
  { run = programOutput, read = kernelFile }: PathOptions,
): Promise<LocalPath | undefined> {
  const family = familyOf(address)
  const [got, matched, fallback, tables] = await Promise.all([
    run('ip', `-${family}`, '-o', 'route', 'get', address),
    run('ip', `-${family}`, '-o', 'route', 'get', 'fibmatch', address),
    run('ip', `-${family}`, '-o', 'route', 'show', 'default'),
    read(family === 4 ? '/proc/net/route' : '/proc/net/ipv6_route'),
  ])
  const routes = family === 4 ? routesOf4(tables) : routesOf6(tables)
  const way = wayIn(got) ?? longestMatch(routes, address, family)
  if (!way) return undefined
  const hop = way.gateway ?? address
  const [link, neighbours, arp, own, limit] = await Promise.all([
    run('ip', '-d', '-o', 'link', 'show', 'dev', way.device),
    run('ip', `-${family}`, 'neigh', 'show', 'to', hop, 'dev', way.device),
    family === 4 ? read('/proc/net/arp') : '',
    way.device === 'lo' ? run('ip', '-o', 'address', 'show', 'to', address) : '',
    read(family === 4 ? '/proc/sys/net/ipv4/ip_default_ttl' : `/proc/sys/net/ipv6/conf/${way.device}/hop_limit`),
  ])
  const hopLimit = Number(/\bhoplimit (\d+)/.exec(got)?.[1] ?? limit)
  const neighbour = neighbourIn(neighbours) ?? arpOf(arp, hop, way.device)
  const route = matched.trim().split('\n')[0]?.replaceAll('\\', '').replace(/\s+/g, ' ').trim() ?? ''
  const isDefault =
    fallback === ''
      ? routes.some(({ length, device }) => length === 0 && device === way.device)
      : [...fallback.matchAll(/\bdev (\S+)/g)].some(([, device]) => device === way.device)
  return {
    address,
    ...way,
    kind: kindOf(link, way.device),
    isDefault,
    ...(route !== '' && { route: withoutStates(route) }),
    ...(/[<,]NO-CARRIER[,>]/.test(link) && { noCarrier: true as const }),
    ...(/<[^>]*>/.test(link) && !/[<,]UP[,>]/.test(link) && { isOff: true as const }),
    ...(neighbour && { neighbour }),
    ...(hopLimit > 0 && { hopLimit }),
    ...ownIn(own),
  }
}

interface Way {
  readonly device: string
  readonly gateway?: string
}

/** Words that `ip route` prints and does not take. */
const withoutStates = (route: string): string =>
  route
    .split(' ')
    .filter((word) => !['linkdown', 'dead', 'onlink', 'offload', 'trap'].includes(word))
    .join(' ')

/** `10.2.0.11 via 10.1.0.1 dev eth0 src 10.1.0.2 uid 0`. */
function wayIn(text: string): Way | undefined {
  const device = /\bdev (\S+)/.exec(text)?.[1]
  const gateway = /\bvia (?:inet6? )?(\S+)/.exec(text)?.[1]
  return device === undefined ? undefined : { device, ...(gateway && { gateway }) }
}

interface Route extends Way {
  readonly bits: bigint
  readonly length: number
  readonly metric: number
}

function longestMatch(routes: readonly Route[], address: string, family: Family): Way | undefined {
  const width = family === 4 ? 32 : 128
  const bits = family === 4 ? ipv4Bits(address) : ipv6Bits(address.replace(/%.*$/, ''))
  if (bits === undefined) return undefined
  const [best] = routes
    .filter((route) => (route.bits ^ bits) >> BigInt(width - route.length) === 0n)
    .sort((a, b) => b.length - a.length || a.metric - b.metric)
  return best && { device: best.device, ...(best.gateway && { gateway: best.gateway }) }
}

/** /proc/net/route: little-endian words in hexadecimal, `Flags` 1 (up) and 0x200 (reject). */
function routesOf4(text: string): Route[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [device, destination = '', gateway = '', flags = '', , , metric = '', mask = ''] = line.split(/\s+/)
      const state = Number.parseInt(flags, 16)
      if (!device || (state & 1) === 0 || (state & 0x200) !== 0) return []
      const length = wordOf(mask).toString(2).replaceAll('0', '').length
      const hop = wordOf(gateway)
      const via = [24n, 16n, 8n, 0n].map((shift) => (hop >> shift) & 0xffn).join('.')
      return [
        { device, bits: wordOf(destination), length, metric: Number(metric), ...(hop !== 0n && { gateway: via }) },
      ]
    })
}

const wordOf = (hex: string): bigint => BigInt(`0x${(hex.match(/../g) ?? ['0']).reverse().join('')}`)

/** /proc/net/ipv6_route: destination and its length, source and its length, next hop, metric, ..., device. */
function routesOf6(text: string): Route[] {
  return text.split('\n').flatMap((line) => {
    const [destination = '', length = '', , , hop = '', metric = '', , , flags = '', device] = line.trim().split(/\s+/)
    const state = Number.parseInt(flags, 16)
    if (device === undefined || (state & 1) === 0 || (state & 0x200) !== 0) return []
    const via = hop.replace(/(.{4})(?=.)/g, '$1:')
    return [
      {
        device,
        bits: BigInt(`0x${destination}`),
        length: Number.parseInt(length, 16),
        metric: Number.parseInt(metric, 16),
        ...(!/^0+$/.test(hop) && { gateway: via }),
      },
    ]
  })
}

/** `1: lo    inet 10.2.0.12/32 scope global lo`. */
function ownIn(text: string): Pick<LocalPath, 'own'> {
  const [, device, address] = /^\d+: (\S+)\s+inet6? (\S+)/.exec(text) ?? []
  return device === undefined ? {} : { own: `${address} dev ${device}` }
}

/** `10.1.0.1 lladdr 02:00:00:00:00:01 REACHABLE`. */
function neighbourIn(text: string): LocalPath['neighbour'] {
  if (/\b(FAILED|INCOMPLETE)\b/.test(text)) return 'silent'
  return /\bREACHABLE\b/.test(text) ? 'answers' : undefined
}

/** /proc/net/arp: flags 2 is complete. */
function arpOf(text: string, address: string, device: string): LocalPath['neighbour'] {
  const line = text.split('\n').find((each) => each.startsWith(`${address} `) && each.trimEnd().endsWith(` ${device}`))
  return line && line.split(/\s+/)[2] === '0x0' ? 'silent' : undefined
}

const KINDS = [
  ['loopback', /\blink\/loopback\b/, /^lo$/],
  ['bridge', /\bbridge forward_delay\b/, /^(docker|br-|cni|podman|virbr|lxc|lxdbr|cbr|kube-bridge|nerdctl)/],
  [
    'tunnel',
    /\b(wireguard|tun type|ipip|gre|gretap|sit|ip6tnl|vti6?|xfrm|vxlan|geneve|ppp|link\/none|link\/ppp)\b/,
    /^(wg|tun|tap|utun|ppp|ipsec|tailscale|nebula|zt|vxlan|flannel|cali|gre|sit|ipip|xfrm)/,
  ],
  ['dummy', /\bdummy\b/, /^dummy/],
] as const satisfies readonly (readonly [DeviceKind, RegExp, RegExp])[]

/** By what `ip -d link` tells of it, else by what such devices are usually called. */
const kindOf = (link: string, device: string): DeviceKind =>
  KINDS.find(([, told, called]) => (link === '' ? called.test(device) : told.test(link)))?.[0] ?? 'device'
