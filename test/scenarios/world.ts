import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type Actor, stage } from './actors.ts'
import { authority } from './certificates.ts'
import { type DnsPlan, faultyDns } from './faulty-dns.ts'

/**
 * Hosts of a scenario, each in a network namespace of its own. The client, where the doctor is, has 10.1.0.2 and
 * fd01::2; `router` stands between its subnet and the one of the nodes. Hosts are numbered in their order:
 * 10.2.0.11 and fd02::11, 10.2.0.12 and fd02::12, ...; those `beside` the client 10.1.0.11 and fd01::11, ...
 */
export interface World {
  readonly hosts: Readonly<Record<string, WorldHost>>
  /** Shell commands in the namespace of a host, or of `router`, once everything stands. */
  readonly spoil?: Readonly<Record<string, readonly string[]>>
}

export interface WorldHost {
  /** On 0.0.0.0 and :: where they name no addresses. */
  readonly actors?: Readonly<Record<string, Actor>>
  /** Programs that run there until the end, as shell commands. */
  readonly programs?: readonly string[]
  /** A DNS server on port 53, asked by the client. */
  readonly dns?: DnsPlan
  /** On the client's own subnet, not behind the router. */
  readonly beside?: boolean
}

const FIRST_NUMBER = 11

/** IPv4 address of each host. */
const addressesOf = ({ hosts }: World): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(hosts).map(([name, { beside }], index) => [name, `10.${beside ? 1 : 2}.0.${FIRST_NUMBER + index}`]),
  )

/** Commands that make the namespaces and what connects them; to be run as root of namespaces of their own. */
export function buildingOf(world: World): string[] {
  const hosts = Object.entries(world.hosts).map(([name, { beside }], index) => ({
    name,
    subnet: beside ? 1 : 2,
    number: FIRST_NUMBER + index,
  }))
  const dns = Object.entries(addressesOf(world)).filter(([name]) => world.hosts[name]?.dns)
  const inRouter = [
    'ip link set lo up',
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
    'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding',
    ...[1, 2].flatMap((subnet) => [
      `ip link add br${subnet} type bridge`,
      // A router asks for neighbours from its link-local address: what it doubts for a second, the first packets wait for.
      trusting(`br${subnet}`),
      `ip addr add 10.${subnet}.0.1/24 dev br${subnet}`,
      `ip addr add fd0${subnet}::1/64 dev br${subnet} nodad`,
      `ip link set br${subnet} up`,
    ]),
    'ip link set to-client master br1',
    'ip link set to-client up',
    ...hosts.flatMap(({ name, subnet }) => [`ip link set to-${name} master br${subnet}`, `ip link set to-${name} up`]),
  ]
  return [
    'ip link set lo up',
    'mount -t tmpfs none /run',
    'mkdir /run/netns',
    'ip netns add router',
    'ip link add eth0 type veth peer name to-client netns router',
    ...hosts.flatMap(({ name }) => [
      `ip netns add ${name}`,
      `ip link add to-${name} netns router type veth peer name eth0 netns ${name}`,
    ]),
    inNamespace('router', inRouter),
    ...leaf(1, 2),
    ...hosts.map(({ name, subnet, number }) => inNamespace(name, ['ip link set lo up', ...leaf(subnet, number)])),
    inNamespace('router', [PORTS_FORWARD]),
    ...(dns.length > 0
      ? [
          `printf '%s' '${dns.map(([, address]) => `nameserver ${address}\n`).join('')}' > /run/resolv.conf`,
          'mount --bind /run/resolv.conf $(readlink -f /etc/resolv.conf)',
        ]
      : []),
  ]
}

const leaf = (subnet: number, number: number): string[] => [
  `ip addr add 10.${subnet}.0.${number}/24 dev eth0`,
  `ip addr add fd0${subnet}::${number}/64 dev eth0 nodad`,
  trusting('eth0'),
  'ip link set eth0 up',
  `ip route add default via 10.${subnet}.0.1`,
  `ip -6 route add default via fd0${subnet}::1`,
]

/** Nobody is asked whether its addresses are somebody else's (RFC 4862): even for no question Linux waits up to a second. */
const trusting = (device: string): string =>
  `for each in all ${device}; do echo 0 > /proc/sys/net/ipv6/conf/$each/accept_dad; done`

/** Carriers are noticed late on a busy machine; until then bridges drop what is to be passed on. Waits some seconds at most. */
const PORTS_FORWARD =
  'for i in $(seq 200); do ! grep -qv 3 /sys/class/net/*/brport/state && exit 0; sleep 0.05; done; exit 1'

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
const inNamespace = (name: string, commands: readonly string[]): string =>
  `ip netns exec ${name} sh -c ${quoted(commands.join(' && '))}`

/**
 * Puts the hosts of a world to work, then spoils what is to be spoilt. They end with the namespace of processes that
 * they are in. Returns the certificates (PEM) of the authorities behind them.
 */
export async function inhabit(world: World): Promise<string> {
  const authorities = await Promise.all(
    Object.entries(world.hosts).map(async ([name, host]) => {
      for (const program of host.programs ?? []) ended(spawn('ip', ['netns', 'exec', name, 'sh', '-c', program]))
      if (!host.actors && !host.dns) return ''
      // argv[1] is the player itself, which plays hosts as well.
      const words = ['netns', 'exec', name, process.execPath, process.argv[1] ?? '', 'host', JSON.stringify(host)]
      const child = ended(spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] }))
      const [line] = await once(createInterface(child.stdout), 'line')
      return String(line).replaceAll('|', '\n')
    }),
  )
  for (const [name, commands] of Object.entries(world.spoil ?? {})) {
    execFileSync('ip', ['netns', 'exec', name, 'sh', '-c', commands.join(' && ')])
  }
  return authorities.join('\n')
}

/** Nothing waits for it: it ends with all others. */
function ended<Child extends ChildProcess>(child: Child): Child {
  child.unref()
  return child
}

/** One host of a world, in its own process and namespace: prints its authority's certificate once it listens. */
export async function playHost({ actors = {}, dns }: WorldHost): Promise<void> {
  // Clients that trust several authorities tell them apart by their names.
  const ca = await authority(`CA of host ${process.pid}`)
  const everywhere = Object.entries(actors).map(([name, actor]) => [name, { on: ['0.0.0.0', '::'], ...actor }])
  await stage(Object.fromEntries(everywhere), ca, () => {})
  if (dns) await faultyDns(dns, () => {}, 53, '0.0.0.0')
  process.stdout.write(`${ca.ca.replaceAll('\n', '|')}\n`)
}
