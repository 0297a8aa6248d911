import { ipv4Bits } from '../net/ip-address.ts'
import { type OrderInput, orderAddresses } from './address-order.ts'
import { GO, MUSL, type OrderPolicy } from './policies.ts'

/** What a program of one kind would do with the same candidates on this host. */
export interface RuntimeOrder {
  readonly runtime: string
  /** The address it tries first; absent when it finds none. */
  readonly first?: string
  readonly order: readonly string[]
  readonly readsGaiConf: boolean
  /** What it is called on the PATH, where one program stands for it. */
  readonly program?: string
  /** How to change it, in the runtime's own words. */
  readonly knob: string
}

interface Runtime {
  readonly runtime: string
  readonly program?: string
  readonly readsGaiConf: boolean
  readonly knob: string
  readonly order: (input: OrderInput, glibc: readonly string[]) => readonly string[]
}

const asGlibc: Runtime['order'] = (_, glibc) => glibc
const by =
  ({ tables, dialect }: OrderPolicy): Runtime['order'] =>
  (input) =>
    orderAddresses(input, tables, dialect).order
const isIPv4 = (text: string): boolean => ipv4Bits(text) !== undefined
const ipv4First = (order: readonly string[]) => [...order.filter(isIPv4), ...order.filter((each) => !isIPv4(each))]
const ipv6First = (order: readonly string[]) => [...order.filter((each) => !isIPv4(each)), ...order.filter(isIPv4)]

/** Measured in one container per runtime against the same name, except where the note says documentation. */
const RUNTIMES: readonly Runtime[] = [
  {
    runtime: 'C, Perl, Ruby, curl (glibc)',
    readsGaiConf: true,
    knob: '/etc/gai.conf, read once at the start of a process',
    order: asGlibc,
  },
  {
    runtime: 'Python',
    program: 'python3',
    readsGaiConf: true,
    knob: '/etc/gai.conf; socket.create_connection tries one address after the other, each with the whole timeout',
    order: asGlibc,
  },
  {
    runtime: 'PHP',
    program: 'php',
    readsGaiConf: true,
    knob: '/etc/gai.conf, also for the Memcached extension; restart php-fpm',
    order: asGlibc,
  },
  {
    runtime: 'Node.js',
    program: 'node',
    readsGaiConf: true,
    knob: 'node --dns-result-order=ipv4first|ipv6first, or family in the connection options',
    order: asGlibc,
  },
  {
    runtime: 'musl (Alpine), Node.js there',
    readsGaiConf: false,
    knob: 'none: the table of RFC 6724 is built in',
    order: by(MUSL),
  },
  {
    runtime: 'Go',
    program: 'go',
    readsGaiConf: false,
    knob: 'GODEBUG=netdns=cgo makes it ask glibc, and so gai.conf; net.Dialer falls back after 300 ms',
    order: by(GO),
  },
  {
    runtime: 'Go, GODEBUG=netdns=cgo',
    program: 'go',
    readsGaiConf: true,
    knob: '/etc/gai.conf, read once at the start of a process',
    order: asGlibc,
  },
  {
    runtime: 'Java',
    program: 'java',
    readsGaiConf: false,
    knob: '-Djava.net.preferIPv6Addresses=true|system (system: glibc and gai.conf decide)',
    order: (_, glibc) => ipv4First(glibc),
  },
  {
    runtime: 'Java, preferIPv6Addresses=system',
    program: 'java',
    readsGaiConf: true,
    knob: '/etc/gai.conf; from JDK 9 on',
    order: asGlibc,
  },
  {
    runtime: 'Java, preferIPv6Addresses=true',
    program: 'java',
    readsGaiConf: false,
    knob: 'preferIPv6Stack, as some guides write it, does not exist and changes nothing',
    order: (_, glibc) => ipv6First(glibc),
  },
  {
    runtime: 'Java, preferIPv4Stack=true',
    program: 'java',
    readsGaiConf: false,
    knob: 'IPv4 sockets only: never with IPv6-only nodes',
    order: (_, glibc) => glibc.filter(isIPv4),
  },
]

/** What each kind of program would do. `glibc` is the order predicted, or really given, for this host. */
export function runtimeOrders(input: OrderInput, glibc: readonly string[]): RuntimeOrder[] {
  return RUNTIMES.map(({ order, ...runtime }) => {
    const own = order(input, glibc)
    const [first] = own
    return { ...runtime, order: own, ...(first !== undefined && { first }) }
  })
}

/** Settings beside gai.conf that have the same effect, per runtime; for users who can't or won't touch the host. */
export const runtimeSettings = (prefer: 'ipv4' | 'ipv6'): Readonly<Record<string, string>> =>
  prefer === 'ipv4'
    ? {
        java: 'nothing to set: Java takes IPv4 first (java.net.preferIPv6Addresses=false is the default)',
        node: 'node --dns-result-order=ipv4first',
        go: 'GODEBUG=netdns=cgo, with the gai.conf above; or net.Dialer with network tcp4',
        musl: 'none: connect to the IPv4 address, or ask the resolver for A records only',
      }
    : {
        java: '-Djava.net.preferIPv6Addresses=true (not preferIPv6Stack: no such property)',
        node: 'node --dns-result-order=ipv6first',
        go: 'nothing for global IPv6; ULA needs GODEBUG=netdns=cgo, or network tcp6',
        musl: 'nothing for global IPv6; ULA comes after IPv4 and that can not be changed',
      }
