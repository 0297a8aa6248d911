import type { Family } from '../net/target.ts'
import { kernelFile } from './system-file.ts'

/** What the kernel counts of packets of this network namespace, of one family. */
export interface PacketCounters {
  /** Made here, and gone by before they came to a device: a filter of this host took them. */
  readonly unsent: number
  /** Handed to a device. */
  readonly sent: number
  /** Come in, whatever became of them; of IPv6 without what routers and neighbours say of themselves. */
  readonly received: number
  /** Come in for this host, and reached no protocol: a filter of this host took them. */
  readonly undelivered: number
  /** Come in by another device than answers would leave by. */
  readonly wrongWay: number
  /** Resets, and messages that nothing listens on a port, by which this host turned away what came to it. */
  readonly resets: number
  /** Come in by the loopback device. */
  readonly looped: number
  /** Connections that found the queue of a listening server full. */
  readonly overflows: number
}

type Read = (path: string) => Promise<string>

/**
 * Reads /proc/net; needs no rights. Undefined where the kernel does not count so: others than Linux, and Linux before it
 * counted what it hands to devices (OutTransmits). Never rejects.
 */
export async function packetCounters(family: Family, read: Read = kernelFile): Promise<PacketCounters | undefined> {
  const [four, six, more, devices] = await Promise.all(
    ['/proc/net/snmp', '/proc/net/snmp6', '/proc/net/netstat', '/proc/net/dev'].map((path) => read(path)),
  )
  return countersIn(family, four ?? '', six ?? '', more ?? '', devices ?? '')
}

/** Messages that packets of this host expired on the way, of both families, since it runs. Never rejects. */
export async function timesExceeded(read: Read = kernelFile): Promise<number> {
  const [four, six] = await Promise.all(['/proc/net/snmp', '/proc/net/snmp6'].map((path) => read(path)))
  const named = [
    pairedLines(four ?? '')
      .get('Icmp')
      ?.get('InTimeExcds'),
    namedLines(six ?? '', 'Icmp6').get('InTimeExcds'),
  ]
  return named.reduce<number>((sum, count = 0) => sum + count, 0)
}

/** What TCP of this host has sent again since it runs, to whomever. */
export interface SentAgain {
  /** Requests for connections: no handshake loses a packet without one. */
  readonly requests: number
  /** On connections that stand. */
  readonly data: number
}

/** Undefined where the kernel does not tell. Never rejects. */
export async function sentAgain(read: Read = kernelFile): Promise<SentAgain | undefined> {
  const [tables, beyond] = (await Promise.all(['/proc/net/snmp', '/proc/net/netstat'].map((path) => read(path)))).map(
    pairedLines,
  )
  const all = tables?.get('Tcp')?.get('RetransSegs')
  const requests = beyond?.get('TcpExt')?.get('TCPSynRetrans')
  return all === undefined || requests === undefined ? undefined : { requests, data: all - requests }
}

/** Of the text of /proc/net/snmp, snmp6, netstat and dev. */
export function countersIn(
  family: Family,
  four: string,
  six: string,
  more: string,
  devices: string,
): PacketCounters | undefined {
  const [tables, beyond] = [pairedLines(four), pairedLines(more)]
  const own = family === 4 ? tables.get('Ip') : namedLines(six, 'Ip6')
  const requested = own?.get('OutRequests')
  const sent = own?.get('OutTransmits')
  if (own === undefined || requested === undefined || sent === undefined) return undefined
  const of = (name: string): number => own.get(name) ?? 0
  const elsewhere = ['InHdrErrors', 'InAddrErrors', 'InDiscards', 'InNoRoutes', 'InTooBigErrors', 'InTruncatedPkts']
  const passedOn = of('ForwDatagrams') + of('OutForwDatagrams')
  const accounted = elsewhere.reduce((sum, name) => sum + of(name), of('InDelivers') + passedOn)
  const control = family === 4 ? tables.get('Icmp') : namedLines(six, 'Icmp6')
  const unreachable = control?.get('OutDestUnreachs') ?? 0
  const tcp = (name: string): number => beyond.get('TcpExt')?.get(name) ?? 0
  return {
    // What is passed on to others is sent, too, and nobody here has asked for it.
    unsent: requested + passedOn - sent,
    sent,
    received:
      of('InReceives') - (family === 6 ? of('InMcastPkts') + (control?.get('InNeighborAdvertisements') ?? 0) : 0),
    undelivered: of('InReceives') - accounted,
    wrongWay: tcp('IPReversePathFilter'),
    resets: (tables.get('Tcp')?.get('OutRsts') ?? 0) + unreachable,
    looped: Number(/^\s*lo:\s*\d+\s+(\d+)/m.exec(devices)?.[1] ?? 0),
    overflows: tcp('ListenOverflows'),
  }
}

type Numbers = ReadonlyMap<string, number>

/** `Ip: InReceives OutRequests`, and in the next line `Ip: 7 9`. */
function pairedLines(text: string): ReadonlyMap<string, Numbers> {
  const lines = text.split('\n').map((line) => line.split(/\s+/))
  return new Map(
    lines.flatMap(([title = '', ...names], index) => {
      const [again, ...values] = lines[index + 1] ?? []
      if (index % 2 === 1 || again !== title) return []
      return [[title.replace(/:$/, ''), new Map(names.map((name, at) => [name, Number(values[at] ?? 0)]))] as const]
    }),
  )
}

/** `Ip6InReceives 7`, without what the names begin with. */
const namedLines = (text: string, prefix: string): Numbers =>
  new Map(
    text.split('\n').flatMap((line) => {
      const [name = '', value = ''] = line.trim().split(/\s+/)
      return name.startsWith(prefix) ? [[name.slice(prefix.length), Number(value)] as const] : []
    }),
  )
