import { networkInterfaces } from 'node:os'
import { type Family, familyOf } from '../net/target.ts'
import { argumentsOf, hostProcesses } from './processes.ts'
import { programOutput } from './program-output.ts'
import { type TcpSocket, tcpSockets } from './sockets.ts'
import { kernelFile } from './system-file.ts'

/** What of this host can stand in the way of connections. Members are absent where the system doesn't tell. JSON-able. */
export interface LocalLimits {
  /** First and last port the kernel gives to outgoing connections. */
  readonly portRange?: readonly [low: number, high: number]
  /** Ports in the range that it never gives. */
  readonly reservedPorts: number
  readonly ipv6Disabled?: boolean
  /** Families that an interface beside the loopback has an address of; link-local ones do not count. */
  readonly families?: readonly Family[]
  /** Network devices that are switched off. */
  readonly offDevices?: readonly string[]
  readonly conntrack?: { readonly count: number; readonly max: number }
  readonly openFiles?: { readonly soft: number; readonly hard: number }
  readonly sockets: readonly TcpSocket[]
  /** Java processes with options that decide between the families. */
  readonly java: readonly { readonly pid: number; readonly options: readonly string[] }[]
}

/** Reads /proc; needs no rights. Never rejects. */
export async function localLimits(): Promise<LocalLimits> {
  const [range, reserved, disabled, count, max, limits, sockets, java, links] = await Promise.all([
    numbersIn('/proc/sys/net/ipv4/ip_local_port_range'),
    kernelFile('/proc/sys/net/ipv4/ip_local_reserved_ports'),
    numbersIn('/proc/sys/net/ipv6/conf/all/disable_ipv6'),
    numbersIn('/proc/sys/net/netfilter/nf_conntrack_count'),
    numbersIn('/proc/sys/net/netfilter/nf_conntrack_max'),
    kernelFile('/proc/self/limits'),
    tcpSockets(),
    javaProcesses(),
    programOutput('ip', '-o', 'link', 'show'),
  ])
  const offDevices = offDevicesIn(links)
  const [low, high] = range
  const files = /^Max open files\s+(\d+)\s+(\d+)/m.exec(limits)
  return {
    ...(low !== undefined && high !== undefined && { portRange: [low, high] as const }),
    reservedPorts: low === undefined || high === undefined ? 0 : countPorts(reserved, low, high),
    families: ownFamilies(),
    ...(disabled[0] !== undefined && { ipv6Disabled: disabled[0] === 1 }),
    ...(count[0] !== undefined && max[0] !== undefined && { conntrack: { count: count[0], max: max[0] } }),
    ...(offDevices.length > 0 && { offDevices }),
    ...(files && { openFiles: { soft: Number(files[1]), hard: Number(files[2]) } }),
    sockets,
    java,
  }
}

/** `2: eth0@if5: <BROADCAST,MULTICAST> mtu 1500 ... link/ether 02:...`; those that tunnels come with are none. */
const offDevicesIn = (links: string): string[] =>
  [...links.matchAll(/^\d+: ([^:@\s]+)\S* <([^>]*)>.*\blink\/ether\b/gm)].flatMap(([, device = '', flags = '']) =>
    flags.split(',').includes('UP') ? [] : [device],
  )

const ownFamilies = (): Family[] => {
  const own = Object.values(networkInterfaces()).flatMap((list = []) => list.filter(({ internal }) => !internal))
  return ([4, 6] as const).filter((family) =>
    own.some(({ address }) => familyOf(address) === family && !/^(fe80|169\.254\.)/.test(address)),
  )
}

/** How many connections one source address can have to one destination: both ends of the range count. */
export const portCapacity = ({ portRange, reservedPorts }: LocalLimits): number | undefined =>
  portRange && portRange[1] - portRange[0] + 1 - reservedPorts

/** `40000-40009,50000`: how many of them lie in the range. */
export function countPorts(list: string, low: number, high: number): number {
  return list
    .trim()
    .split(',')
    .filter(Boolean)
    .reduce((sum, part) => {
      const [from = 0, to = from] = part.split('-').map(Number)
      return sum + Math.max(0, Math.min(to, high) - Math.max(from, low) + 1)
    }, 0)
}

async function javaProcesses(): Promise<LocalLimits['java']> {
  const running = (await hostProcesses()).filter(({ name }) => name === 'java')
  const found = await Promise.all(
    running.map(async ({ pid }) => ({
      pid,
      options: (await argumentsOf(pid)).filter((each) => /^-Djava\.net\.prefer/.test(each)),
    })),
  )
  return found.filter(({ options }) => options.length > 0)
}
const numbersIn = async (path: string): Promise<number[]> =>
  (await kernelFile(path)).trim().split(/\s+/).filter(Boolean).map(Number)
