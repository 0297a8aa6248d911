import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import type { AskTls } from '../discovery/connection.ts'
import { pollCluster, type Round } from '../discovery/poll.ts'
import { linkedAbort } from './abort.ts'
import { inHosts } from './candidates.ts'
import { type Clock, sleep, systemClock } from './clock.ts'
import { attemptConnect, type ConnectAttempt } from './connect.ts'
import type { DnsServer } from './dns-query.ts'
import { type NameSurvey, surveyName } from './dns-survey.ts'
import type { AddressEvidence, ClusterFacts, Evidence, HostEvidence, Place } from './evidence.ts'
import { hearFirstWords } from './first-words.ts'
import { explainOrder, GAI_CONF } from './gai-check.ts'
import { lintGaiConf } from './gai-lint.ts'
import { localLimits } from './local-limits.ts'
import { askLoad } from './node-load.ts'
import { parseResolvConf } from './resolv-conf.ts'
import { type NameServices, resolveTarget, systemNames } from './resolve.ts'
import { sourceAddressFor } from './source-address.ts'
import { inspectTls } from './tls-inspect.ts'

export interface ExamineOptions {
  readonly places: readonly Place[]
  readonly clusters: readonly ClusterFacts[]
  /** What verifies certificates, per cluster id, and under '' for the rest. */
  readonly trust: ReadonlyMap<string, AskTls>
  /** Ask these DNS servers instead of the ones of /etc/resolv.conf. */
  readonly servers?: readonly DnsServer[]
  readonly names?: NameServices
  readonly gaiConf?: string
  /** Default /etc/hosts. Names in it are not looked for in DNS. */
  readonly hostsFile?: string
  /** Per attempt at a connection. Default 3500: long enough to see a SYN that was sent again after 1 s and 3 s. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly clock?: Clock
  /** Called with what is being looked at. */
  readonly onStage?: (stage: string) => void
}

/** For getaddrinfo. Longer than one lost question costs (5 s). */
const PATIENCE_MS = 6000
const ATTEMPTS = 3
const BETWEEN_ATTEMPTS_MS = 60

/** Looks at everything that can stand between this host and the places, in parallel. Never stops at a failure. */
export async function examine(options: ExamineOptions): Promise<Evidence> {
  const stop = linkedAbort(options.signal)
  try {
    return await lookAt({ ...options, signal: stop.signal })
  } finally {
    stop.release()
  }
}

async function lookAt(options: ExamineOptions): Promise<Evidence> {
  const { places, clusters, gaiConf = GAI_CONF, onStage = () => {} } = options
  onStage('names')
  const names = [...new Set(places.map(({ host }) => host))]
  const [hosts, gaiText] = await Promise.all([
    Promise.all(names.map((host) => examineHost(host, options, gaiConf))),
    readFile(gaiConf, 'utf8').catch(() => null),
  ])
  onStage('connections')
  const addresses = await Promise.all(places.flatMap((place) => addressesOf(place, hosts, options)))
  onStage('discovery')
  const discovery = await discoveryOf(options, addresses)
  onStage('this host')
  const gai = { path: gaiConf, exists: gaiText !== null, remarks: lintGaiConf(gaiText) }
  return { clusters, places, hosts, addresses, discovery, gai, limits: await localLimits() }
}

async function examineHost(host: string, options: ExamineOptions, gaiConf: string): Promise<HostEvidence> {
  const listed = inHosts(await readFile(options.hostsFile ?? '/etc/hosts', 'utf8').catch(() => ''), host)
  const asksDns =
    isIP(host) === 0 && host.toLowerCase() !== 'localhost' && (listed.length === 0 || options.servers !== undefined)
  const [survey, own] = await Promise.all([
    asksDns ? surveyName(host, { servers: await serversOf(options), tries: 1, ...passed(options) }) : undefined,
    options.servers
      ? undefined
      : resolveTarget(host, { names: options.names ?? systemNames, timeoutMs: PATIENCE_MS, ...passed(options) }),
  ])
  // A server that drops questions keeps getaddrinfo waiting for 15 s and more; what DNS said meanwhile is enough.
  const late =
    own?.ok === false &&
    own.problem === 'timeout' &&
    survey?.views.some(({ a, aaaa }) => a.outcome === 'answered' || aaaa.outcome === 'answered')
  const lookup =
    (late ? undefined : own) ??
    (await resolveTarget(host, { names: survey ? namesOf(survey) : systemNames, ...passed(options) }))
  const order =
    lookup.ok && lookup === own
      ? await explainOrder(lookup, {
          path: gaiConf,
          asSorted: options.names !== undefined,
          ports: options.places.flatMap((place) => (place.host === host ? [place.port] : [])),
        })
      : undefined
  return { host, asksDns, lookup, ...(survey && { survey }), ...(order && { order }) }
}

const passed = ({ signal, clock }: ExamineOptions) => ({ ...(signal && { signal }), ...(clock && { clock }) })

const serversOf = async ({ servers }: ExamineOptions): Promise<readonly DnsServer[]> =>
  servers ?? parseResolvConf(await readFile('/etc/resolv.conf', 'utf8').catch(() => '')).servers

/** The answers of the first server that has any, in the order of DNS: who names servers wants to see their answers. */
const namesOf = ({ views }: NameSurvey): NameServices => ({
  ...systemNames,
  lookupAll: async (host) => {
    const view = views.find(({ ipv4, ipv6 }) => ipv4.length + ipv6.length > 0) ?? views[0]
    const addresses = [
      ...(view?.ipv4 ?? []).map(({ address }) => ({ address, family: 4 as const })),
      ...(view?.ipv6 ?? []).map(({ address }) => ({ address, family: 6 as const })),
    ]
    if (addresses.length > 0) return addresses
    const failing =
      view?.a.outcome === 'timeout' || view?.a.outcome === 'server-failure' || view?.a.outcome === 'refused'
    throw Object.assign(new Error(`no address of ${host}`), { code: failing ? 'EAI_AGAIN' : 'ENOTFOUND' })
  },
  dnsError: async (_, family) => {
    const reply = family === 4 ? views[0]?.a : views[0]?.aaaa
    return reply && DNS_CODES[reply.outcome]
  },
})

const DNS_CODES: Readonly<Record<string, string>> = {
  'no-data': 'ENODATA',
  'no-such-name': 'ENOTFOUND',
  'server-failure': 'ESERVFAIL',
  refused: 'EREFUSED',
  timeout: 'ETIMEOUT',
}

function addressesOf(
  place: Place,
  hosts: readonly HostEvidence[],
  options: ExamineOptions,
): Promise<AddressEvidence>[] {
  const host = hosts.find((each) => each.host === place.host)
  if (!host?.lookup.ok) return []
  return host.lookup.addresses.map(({ address, family }) => {
    const known = host.survey?.views.flatMap(({ ipv6 }) => ipv6).find((each) => each.address === address)
    return examineAddress(
      { place, address, family, ...(known?.translates && { translates: known.translates }) },
      options,
    )
  })
}

type Located = Pick<AddressEvidence, 'place' | 'address' | 'family' | 'translates'>

async function examineAddress(located: Located, options: ExamineOptions): Promise<AddressEvidence> {
  const { place, address } = located
  const { port } = place
  const [source, attempts] = await Promise.all([
    sourceAddressFor(address, port),
    connectRepeatedly(address, port, options),
  ])
  const base = { ...located, port, source, attempts }
  if (!connects(base)) return base
  return { ...base, ...(await listen(located, options)) }
}

async function connectRepeatedly(address: string, port: number, options: ExamineOptions): Promise<ConnectAttempt[]> {
  const { timeoutMs = 3500, clock = systemClock } = options
  return Promise.all(
    Array.from({ length: ATTEMPTS }, async (_, at) => {
      await sleep(clock, at * BETWEEN_ATTEMPTS_MS, options.signal)
      return attemptConnect({ address, port, timeoutMs, ...passed(options) })
    }),
  )
}

/** What is spoken there: first as clients are to speak, then, where that fails, the other way. */
async function listen({ place, address }: Located, options: ExamineOptions) {
  const dial = { address, port: place.port, ...passed(options) }
  const ca = options.trust.get(place.cluster ?? '')?.ca
  const secure = () => inspectTls({ ...dial, host: place.host, ...(ca !== undefined && { ca }) })
  if (place.tls) {
    const tls = await secure()
    return tls.outcome === 'established' ? { tls } : { tls, words: await hearFirstWords(dial) }
  }
  const words = await hearFirstWords(dial)
  if (!words.connected || words.speaker === 'memcached') {
    const load = words.connected ? await askLoad(dial) : undefined
    return { words, ...(load && { load }) }
  }
  return words.speaker === 'redis' || words.speaker === 'full' ? { words } : { words, tls: await secure() }
}

/** Asked at an address that answers, not by name: a slow lookup is waited for once. */
async function discoveryOf(
  options: ExamineOptions,
  addresses: readonly AddressEvidence[],
): Promise<Evidence['discovery']> {
  const seeds = options.places.filter(({ role }) => role === 'configuration' || role === 'given')
  const rounds = await Promise.all(
    seeds.map(async (place) => {
      const alive = addresses.find((each) => each.place === place && connects(each))
      if (!alive) return undefined
      const name = isIP(place.host) === 0 ? { servername: place.host } : {}
      const tls = place.tls && { ...options.trust.get(place.cluster ?? ''), ...name, verify: false }
      const seed = { host: alive.address, port: place.port }
      return { place, round: await firstRound({ seed, ...(tls && { tls }), ...passed(options) }) }
    }),
  )
  return rounds.flatMap((each) => (each?.round ? [{ place: each.place, round: each.round }] : []))
}

const connects = ({ attempts }: AddressEvidence): boolean => attempts.some(({ outcome }) => outcome === 'connected')

async function firstRound(options: Parameters<typeof pollCluster>[0]): Promise<Round | undefined> {
  for await (const round of pollCluster({ ...options, timeoutMs: 2500 })) return round
  return undefined
}
