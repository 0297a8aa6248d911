/** Hosts, policies and names at random, for what is compared with the real getaddrinfo. Same seed, same cases. */

export type Random = () => number

/** mulberry32: good enough to choose with, and the same everywhere. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const below = (random: Random, end: number): number => Math.floor(random() * end)
const chance = (random: Random, share: number): boolean => random() < share

function pick<T>(random: Random, list: readonly T[]): T {
  const chosen = list[below(random, list.length)]
  if (chosen === undefined) throw new Error('nothing to choose from')
  return chosen
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  return [...list]
    .map((each) => ({ each, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ each }) => each)
}

/** Addresses of every kind that glibc's tables tell apart, and several of one network for rule 9. */
export const POOL: readonly string[] = [
  '172.31.10.77',
  '172.31.10.78',
  '172.31.255.254',
  '172.30.0.9',
  '10.20.9.9',
  '10.20.9.200',
  '192.168.1.7',
  '192.0.2.1',
  '8.8.8.8',
  '127.0.0.1',
  '127.9.9.9',
  '169.254.7.7',
  '224.0.0.9',
  '2001:db8:1::77',
  '2001:db8:1::78',
  '2001:db8:1:0:8000::1',
  '2001:db8:2::1',
  '2600:1f14::5',
  'fd00:1::77',
  'fd00:1::ff',
  'fd77:2::1',
  'fec0::9',
  '2002:ac1f:a4d::1',
  '2001:0:53aa::1',
  '64:ff9b::ac1f:a4d',
  '3ffe::1',
  '::1',
  '::172.31.10.77',
  'fe80::77',
  'ff0e::9',
]

const IPV4_OF_HOST = [
  '172.31.5.10/20',
  '172.31.10.5/24',
  '10.20.0.5/16',
  '192.168.1.2/24',
  '169.254.7.1/16',
  '10.9.9.9/32',
]
const IPV6_OF_HOST = [
  '2001:db8:1::10/64',
  '2001:db8:1::8000:10/48',
  '2600:1f14::10/56',
  'fd00:1::10/64',
  'fd77:2::10/48',
  'fec0::10/64',
  '2002:ac1f:50a::10/64',
  '2001:0:53aa::10/64',
  '3ffe::10/64',
]

/** Commands that make a host of a fresh network namespace. */
export function randomHost(random: Random): string[] {
  const commands = ['ip link add v0 type veth peer name v1', 'ip link set v0 up', 'ip link set v1 up']
  // Addresses of an interface that is down can only be asked for by netlink.
  const isUp = chance(random, 0.93)
  if (isUp) commands.push('ip link set lo up')
  const devices = isUp ? ['lo', 'v0', 'v1'] : ['v0', 'v1']
  // A bridge without members has addresses and no carrier, as docker0 without containers.
  if (chance(random, 0.3)) {
    commands.push('ip link add b0 type bridge', 'ip link set b0 up')
    devices.push('b0', 'b0')
  }
  if (chance(random, 0.3)) commands.push('echo 1 > /proc/sys/net/ipv6/conf/v0/disable_ipv6')
  if (chance(random, 0.3)) commands.push('ip -6 addr flush dev v1')
  const four = shuffled(random, IPV4_OF_HOST).slice(0, below(random, 4))
  const six = chance(random, 0.15) ? [] : shuffled(random, IPV6_OF_HOST).slice(0, below(random, 5))
  for (const address of four) commands.push(`ip addr add ${address} dev ${pick(random, devices)} || true`)
  for (const address of six) {
    const lifetime = chance(random, 0.3) ? ' preferred_lft 0' : ''
    commands.push(`ip -6 addr add ${address} dev ${pick(random, ['lo', 'v1'])} nodad${lifetime} || true`)
  }
  // Without an address of its own the kernel would send from 0.0.0.0 over loopback: no host is like that.
  if (four.length > 0 && chance(random, 0.8)) commands.push(`ip route add default dev ${pick(random, devices)} || true`)
  if (chance(random, 0.8)) commands.push(`ip -6 route add default dev ${pick(random, ['lo', 'v1'])} || true`)
  if (chance(random, 0.2)) commands.push('ip route add unreachable 10.20.0.0/16 || true')
  if (chance(random, 0.2)) commands.push('ip -6 route add unreachable 2001:db8:2::/48 || true')
  if (chance(random, 0.1)) commands.push('echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6')
  return commands
}

const PREFIXES = [
  '::1/128',
  '::/0',
  '::/96',
  '::ffff:0:0/96',
  '2002::/16',
  'fec0::/10',
  'fc00::/7',
  '2001::/32',
  '2001:0::/32',
  '64:ff9b::/96',
  '::ffff:172.31.0.0/112',
  '::ffff:172.31.9.9/112',
  '::ffff:172.31.10.77/128',
  '::ffff:10.0.0.0/104',
  '::FFFF:AC1F:0/112',
  '::ffff:172.31.0.0/16',
  '::ffff:0:0/80',
  '2001:db8::/32',
  '2001:db8:1::/64',
  '2001:db8:1::77/128',
  '2001:db8::/0',
  'fd00:1::/32',
  '2600::/12',
  '::172.31.0.0/112',
  'ff00::/8',
]

const SPOILT = [
  '172.31.0.0/16',
  '10.0.0.0/8',
  '::ffff:172.31.0.0:0/112',
  '172.31.0.0:0/16',
  'fe80::%lo/64',
  '2001:db8::/129',
  '2001:db8::/-1',
  '2001:db8::/3x',
  '2001:db8::/+32',
  '2001:db8::/032',
  '2001:db8::/0x20',
  '2001:db8::/',
  '2001:db8::/ 32',
  '/96',
  'nonsense/8',
  '2001:db8::/32/64',
  '1:2:3:4:5:6:7:8:9/64',
  '::/18446744073709551615',
  '::/18446744073709551616',
  '::/-18446744073709551615',
]

const SCOPED = [
  '::ffff:10.0.0.0/104',
  '10.0.0.0/8',
  '::ffff:172.16.0.0/108',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::ffff:169.254.0.0/112',
  '::ffff:0:0/96',
  '0.0.0.0/0',
  '::ffff:0:0/95',
  '::172.16.0.0/108',
  '127.0.0.0/8',
  '10.20.9.9/32',
  '10.0.0.0/33',
  '10.0.0.0/',
]

const VALUES = ['0', '1', '4', '5', '8', '10', '14', '20', '35', '40', '50', '100', '2147483647']
const ODD_VALUES = [
  '',
  '0100',
  '+100',
  '-5',
  '0x64',
  '100x',
  '2147483648',
  '18446744073709551616',
  '-18446744073709551516',
  '1e2',
  '１',
]
const GAPS = [' ', '\t', '   ', ' \t ', '\v', '\f', '\r', '  \r\t']
const TAILS = ['', '', '', '', ' foo', ' # said', '#', '\r', ' \t', ' 7 8 9']

/** A file of a few lines, most of them right. Never a prefix without length: see `withoutLength`. */
export function randomPolicy(random: Random): string {
  const lines = Array.from({ length: below(random, 9) }, () => randomLine(random))
  const bom = chance(random, 0.04) ? '\ufeff' : ''
  const end = chance(random, 0.85) ? '\n' : ''
  const newline = chance(random, 0.1) ? '\r\n' : '\n'
  return bom + lines.join(newline) + (lines.length > 0 ? end : '')
}

function randomLine(random: Random): string {
  const kind = random()
  if (kind < 0.05) return pick(random, ['', '   ', '# comment', '#precedence ::ffff:0:0/96 100', '\t# x', '\r'])
  if (kind < 0.08) return pick(random, ['reload yes', 'reload no', 'reload', 'reload maybe'])
  if (kind < 0.12)
    return `${pick(random, ['Label', 'PRECEDENCE', 'precedenc', 'labels', 'scopev6', 'precedence:'])} ::/0 7`
  const gap = (): string => (chance(random, 0.8) ? ' ' : pick(random, GAPS))
  const keyword = pick(random, ['label', 'label', 'precedence', 'precedence', 'precedence', 'scopev4'])
  const usual = keyword === 'scopev4' ? SCOPED : PREFIXES
  const prefix = chance(random, 0.86) ? pick(random, usual) : pick(random, SPOILT)
  const value = chance(random, 0.9) ? pick(random, VALUES) : pick(random, ODD_VALUES)
  const lead = chance(random, 0.1) ? gap() : ''
  return `${lead}${keyword}${gap()}${prefix}${gap()}${value}${pick(random, TAILS)}`
}

/** What a name service gives for one name. */
export const randomCandidates = (random: Random): string[] =>
  shuffled(random, POOL).slice(0, 2 + below(random, chance(random, 0.2) ? 20 : 5))
