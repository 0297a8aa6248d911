import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ExamineOptions, examine } from '../../src/diagnose/doctor.ts'
import type { ApiFacts, ClusterFacts, Evidence, MissingCluster, Place } from '../../src/diagnose/evidence.ts'
import type { ServiceEvidence } from '../../src/diagnose/service.ts'
import { lookAtService } from '../../src/diagnose/service-look.ts'
import { systemNames } from '../../src/net/resolve.ts'
import { parseTarget } from '../../src/net/target.ts'
import { type Actor, fill, type Ports, stage } from './actors.ts'
import { authority } from './certificates.ts'
import { type DnsPlan, faultyDns } from './faulty-dns.ts'
import { inhabit, type World } from './world.ts'

/** One fault, or none, as data: what is set up, what is looked at, and what has to be said first. */
export interface Scenario {
  readonly name: string
  readonly actors?: Readonly<Record<string, Actor>>
  /** One or several DNS servers, asked in this order. */
  readonly dns?: DnsPlan | readonly DnsPlan[]
  /** The DNS server is that of the whole (namespaced) host, on port 53: the real getaddrinfo asks it. */
  readonly systemDns?: boolean
  /** What getaddrinfo would give for a name; for scenarios about addresses rather than DNS. */
  readonly names?: Readonly<Record<string, readonly string[]>>
  /** `host:{a}`: `{a}` stands for the port of actor a. */
  readonly at?: string
  readonly tls?: boolean
  readonly cluster?: Partial<ClusterFacts> & {
    readonly nodePorts?: readonly string[]
    readonly configurationPort?: string
    /** Of the configuration endpoint; default `host`. */
    readonly configurationHost?: string
    readonly host?: string
    /** Of the nodes, in their order. */
    readonly zones?: readonly string[]
  }
  readonly missing?: readonly MissingCluster[]
  /** Times of events may be minutes ago: `-3`. */
  readonly api?: ApiFacts
  /** How the API is found: `at` is asked, as `at` of the scenario is written; its clock is so many minutes after this host's. */
  readonly service?: ServiceEvidence & { readonly at?: string; readonly minutesAhead?: number }
  /** Text of /etc/hosts. */
  readonly hosts?: string
  readonly gaiConf?: string
  /** Shell commands that break a network namespace of the scenario's own; needs root there. */
  readonly namespace?: readonly string[]
  /** Hosts of its own, each in a namespace, behind a router. */
  readonly world?: World
  /** Connections of this process to actor `to`, kept open during the look; `halfClosed`: after the server closed them. */
  readonly hold?: { readonly to: string; readonly connections: number; readonly halfClosed?: boolean }
  /** Nodes may be written to. */
  readonly writeProbe?: boolean
  /** A program of its own with connections to `to` (as `at`) and so many files at most; then shell commands, once it has them. */
  readonly client?: {
    readonly to: string
    readonly connections: number
    readonly files?: number
    readonly then?: readonly string[]
  }
  /** Id of the rule that must come first; null: nothing is wrong. */
  readonly first: string | null
  /** Only where the host can play it. */
  readonly needs?: readonly ('ipv6' | 'linux' | 'nft' | 'tbf' | 'tun' | 'memcached')[]
}

/** Plays a scenario on real sockets and returns what the doctor sees. */
export const play = (scenario: Scenario): Promise<Evidence> =>
  onStage(scenario, async (options, ports) => {
    const [evidence, service] = await Promise.all([
      examine(options),
      scenario.service && serviceOf(scenario.service, ports),
    ])
    return { ...evidence, ...(service && { service }) }
  })

async function serviceOf(
  { at, minutesAhead, ...service }: NonNullable<Scenario['service']>,
  ports: Ports,
): Promise<ServiceEvidence> {
  const now = Date.now()
  const clock = minutesAhead !== undefined && {
    there: new Date(now + minutesAhead * 60_000).toISOString(),
    here: new Date(now).toISOString(),
  }
  if (at === undefined)
    return clock ? { ...service, look: { outcome: 'answered', ms: 1, ...service.look, clock } } : service
  const url = `http://${fill(at, ports)}/`
  const look = await lookAtService({ url, timeoutMs: 1200 })
  const failed = { operation: 'DescribeCacheClusters', answered: false, message: 'no answer', ms: 4000 }
  return { ...service, url, look, failed }
}

/** Sets a scenario up on real sockets for as long as `look` takes. */
export async function onStage<T>(
  scenario: Scenario,
  look: (options: ExamineOptions, ports: Ports) => Promise<T>,
): Promise<T> {
  const ends: (() => void)[] = []
  const atEnd = (work: () => void): void => void ends.push(work)
  try {
    const ca = await authority()
    const trusted = `${ca.ca}\n${scenario.world ? await inhabit(scenario.world) : ''}`
    const ports = await stage(scenario.actors ?? {}, ca, atEnd)
    if (scenario.hold) await hold(scenario.hold, ports, atEnd)
    if (scenario.client) await connectProgram(scenario.client, ports, atEnd)
    const plans =
      scenario.dns === undefined
        ? []
        : Array.isArray(scenario.dns)
          ? (scenario.dns as readonly DnsPlan[])
          : [scenario.dns as DnsPlan]
    const servers = []
    for (const plan of plans) {
      const port = await faultyDns(plan, atEnd, scenario.systemDns ? 53 : 0)
      if (!scenario.systemDns) servers.push({ address: '127.0.0.1', port })
    }
    const cluster = scenario.cluster && factsOf(scenario.cluster, ports)
    const { names } = scenario
    const options: ExamineOptions = {
      places: placesOf(scenario, ports, cluster),
      clusters: cluster ? [cluster] : [],
      ...(scenario.missing && { missing: scenario.missing }),
      ...(scenario.api && { api: withTimes(scenario.api) }),
      trust: new Map([
        ['', { ca: trusted }],
        ['shop', { ca: trusted }],
      ]),
      gaiConf: temporaryFile('gai.conf', scenario.gaiConf, atEnd),
      ...((names || scenario.hosts !== undefined) && {
        hostsFile: temporaryFile('hosts', scenario.hosts ?? hostsText(names ?? {}), atEnd),
      }),
      // Long enough to tell a lost SYN (sent again after 1 s) from a dropped one.
      timeoutMs: scenario.namespace || scenario.world ? 3500 : 1400,
      // Actors share this process: under load they need more than a moment.
      patienceMs: 1600,
      latePatienceMs: 1600,
      dnsPatienceMs: 2000,
      ...(servers.length > 0 && { servers }),
      ...(scenario.writeProbe && { writeProbe: true }),
      ...(names && {
        names: {
          ...systemNames,
          lookupAll: async (host) =>
            (names[host] ?? [host]).map((address) => ({
              address,
              family: address.includes(':') ? (6 as const) : (4 as const),
            })),
        },
      }),
    }
    return await look(options, ports)
  } finally {
    for (const end of ends.reverse()) end()
  }
}

async function hold(
  { to, connections, halfClosed = false }: NonNullable<Scenario['hold']>,
  ports: Ports,
  atEnd: (work: () => void) => void,
): Promise<void> {
  for (let count = 0; count < connections; count++) {
    const socket = connect({ host: '127.0.0.1', port: ports.get(to) ?? 0, allowHalfOpen: true })
    atEnd(() => void socket.destroy())
    await new Promise<void>((resolve) => socket.on('error', () => resolve()).once('connect', () => resolve()))
    if (halfClosed) {
      // Whoever sends this to an actor is hung up on.
      socket.write('quit\r\n')
      await new Promise<void>((resolve) => socket.once('end', () => resolve()).resume())
    }
  }
}

const withTimes = (api: ApiFacts): ApiFacts => {
  const { events } = api
  if (!events) return api
  const timeOf = (at: string): string =>
    at.startsWith('-') ? new Date(Date.now() + Number(at) * 60_000).toISOString() : at
  return { ...api, events: events.map((event) => ({ ...event, at: timeOf(event.at) })) }
}

/** Connects as often as it can, and says so. */
const CLIENT = `
  const [host, port, count] = process.argv.slice(1)
  const settled = () => { if (--left === 0) console.log('connected') }
  let left = Number(count)
  for (let at = 0; at < Number(count); at++) {
    const socket = require('node:net').connect({ host, port: Number(port) })
    socket.once('connect', settled).on('error', settled)
  }
  setInterval(() => {}, 60_000)
`

async function connectProgram(
  { to, connections, files, then = [] }: NonNullable<Scenario['client']>,
  ports: Ports,
  atEnd: (work: () => void) => void,
): Promise<void> {
  const target = parseTarget(fill(to, ports))
  if (!target.ok) throw new Error(target.detail)
  const limit = files === undefined ? '' : `ulimit -n ${files}; `
  const words = [process.execPath, '-e', CLIENT, target.host, String(target.port), String(connections)]
  const child = spawn('sh', ['-c', `${limit}exec "$0" "$@"`, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  atEnd(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  for (const command of then) execFileSync('sh', ['-c', command])
}

function placesOf({ at, tls = false }: Scenario, ports: Ports, cluster: ClusterFacts | undefined): Place[] {
  const places: Place[] = []
  if (cluster?.configuration)
    places.push({ ...cluster.configuration, role: 'configuration', tls: cluster.tls, cluster: cluster.id })
  for (const { id, host, port } of cluster?.nodes ?? []) {
    if (host && port) places.push({ host, port, role: id, tls: cluster?.tls ?? false, cluster: cluster?.id ?? '' })
  }
  if (at !== undefined) {
    const target = parseTarget(fill(at, ports))
    if (!target.ok) throw new Error(target.detail)
    places.push({ host: target.host, port: target.port, role: 'given', tls })
  }
  return places
}

function factsOf(
  {
    nodePorts = [],
    configurationPort,
    host = '127.0.0.1',
    configurationHost = host,
    zones = [],
    ...facts
  }: NonNullable<Scenario['cluster']>,
  ports: Ports,
): ClusterFacts {
  const portOf = (name: string): number => ports.get(name) ?? 0
  return {
    id: 'shop',
    status: 'available',
    engine: 'memcached',
    networkType: 'ipv4',
    ipDiscovery: 'ipv4',
    tls: false,
    numCacheNodes: nodePorts.length,
    nodes: nodePorts.map((name, index) => {
      const zone = zones[index]
      const node = { id: `000${index + 1}`, status: 'available', host, port: portOf(name) }
      return zone === undefined ? node : { ...node, zone }
    }),
    ...(configurationPort && { configuration: { host: configurationHost, port: portOf(configurationPort) } }),
    local: true,
    ...facts,
  }
}

const hostsText = (names: NonNullable<Scenario['names']>): string =>
  Object.entries(names)
    .flatMap(([host, addresses]) => addresses.map((address) => `${address} ${host}\n`))
    .join('')

/** Its path; without text there is no such file. */
function temporaryFile(name: string, text: string | undefined, atEnd: (work: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'scenario-'))
  atEnd(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, name)
  if (text !== undefined) writeFileSync(path, text)
  return path
}
