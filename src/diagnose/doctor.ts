import { isIP } from 'node:net'
import { pollCluster, type Round } from '../discovery/poll.ts'
import { linkedAbort } from '../net/abort.ts'
import { type Clock, systemClock } from '../net/clock.ts'
import type { AskTls } from '../net/connection.ts'
import type { NameServices, ResolvedAddress } from '../net/resolve.ts'
import { endpoint } from '../net/target.ts'
import { expectedOf } from './causes/list.ts'
import type { DnsServer } from './dns-query.ts'
import type {
  AddressEvidence,
  ApiFacts,
  ClusterFacts,
  Evidence,
  HostEvidence,
  MissingCluster,
  Place,
} from './evidence.ts'
import { eachOnce, type Look, lookAtAddress } from './examine-address.ts'
import { examineHere, examineSilence } from './examine-here.ts'
import { compareWithDns, examineHost } from './examine-host.ts'
import { fewAtOnce } from './few-at-once.ts'
import { GAI_CONF } from './gai-check.ts'
import { lintGaiConf } from './gai-lint.ts'
import { localLimits } from './local-limits.ts'
import { lookupsInChild } from './lookup-process.ts'
import { tryEachOnce } from './node-trial.ts'
import { type NodeWatch, watchNode } from './node-watch.ts'
import { askedForNobody, triedUnheard } from './other-answers.ts'
import { sentAgain, timesExceeded } from './packet-counters.ts'
import { passed } from './passed.ts'
import { type Destination, programsHere } from './programs-here.ts'
import { lookAtServers, type RespEvidence } from './resp-servers.ts'
import { stagesOf } from './stages.ts'
import { systemFile } from './system-file.ts'
import { type Shares, sharesOf, shortened } from './time-limit.ts'
import { tryAgain } from './try-again.ts'
import { probeWriting, type WriteProbe } from './write-probe.ts'

export interface ExamineOptions {
  readonly places: readonly Place[]
  readonly clusters: readonly ClusterFacts[]
  /** Clusters that were asked for and do not exist. */
  readonly missing?: readonly MissingCluster[]
  /** What the API tells beside the clusters themselves. */
  readonly api?: ApiFacts
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
  /** For an answer where a connection stands. Default 2000. */
  readonly patienceMs?: number
  /** For the same of a server that has kept silent so long. Default 4000. */
  readonly latePatienceMs?: number
  /** For an answer of a DNS server. Default 4500: glibc asks again after 5 s. */
  readonly dnsPatienceMs?: number
  /**
   * For everything together: waits are cut short before, so that each stage has its share, and what is not over then is left as
   * it is. Default: no limit.
   */
  readonly limitMs?: number
  /** Connections made to each address. Default 6, and 3 where there are many. */
  readonly attempts?: number
  /** As whom servers of Redis OSS and Valkey are asked. Default: the user `default`, without a password. */
  readonly login?: RespLogin
  /** Also store, read and delete a key of ours on each node. Without it nothing is written anywhere. */
  readonly writeProbe?: boolean
  readonly signal?: AbortSignal
  readonly clock?: Clock
  /** Called with what is being looked at. */
  readonly onStage?: (stage: string) => void
}

/** Who asks servers of Redis OSS and Valkey. */
export interface RespLogin {
  readonly user?: string
  readonly password?: string
}

/** Looks at everything that can stand between this host and the places, in parallel. Never stops at a failure. */
export async function examine(options: ExamineOptions): Promise<Evidence> {
  const { limitMs, clock = systemClock } = options
  const stop = linkedAbort(options.signal)
  const cancel = limitMs === undefined ? () => {} : clock.after(limitMs, () => stop.abort())
  try {
    return await lookAt({ ...options, signal: stop.signal })
  } finally {
    cancel()
    stop.release()
  }
}

/** Of the time there is, when names and connections are to be over; the rest is for questions to those that answer. */
const [NAMES_SHARE, ADDRESSES_SHARE] = [0.5, 0.85]

async function lookAt(options: ExamineOptions): Promise<Evidence> {
  const { places, clusters, missing = [], api, gaiConf = GAI_CONF } = options
  const at = (options.clock ?? systemClock).now().toISOString()
  const limits = localLimits()
  const gaiText = systemFile(gaiConf)
  const stages = stagesOf(options.onStage)
  const shares = sharesOf(options)
  const [before, expiredBefore] = [sentAgain(), timesExceeded()]
  const begin = beginOnce(options, shares)
  const lookups = lookupsInChild()
  // Nodes first: what is wrong with one is told of it, not of the endpoint that it answers for.
  const nodesFirst = [...places].sort((a, b) => Number(a.role === 'configuration') - Number(b.role === 'configuration'))
  const hosts = await Promise.all(
    [...new Set(places.map(({ host }) => host))].map(async (host) => {
      // As soon as an address is known, it is looked at: a server that is slow, or drops questions, holds up nothing else.
      const own = nodesFirst.filter((place) => place.host === host)
      const early = (addresses: readonly ResolvedAddress[]): void => {
        for (const place of own) begin(place, addresses)
      }
      const naming = shares.until(NAMES_SHARE, (within) => examineHost(host, within, gaiConf, lookups, early))
      const found = await stages.during('names', host, naming)
      if (found.lookup.ok) early(found.lookup.addresses)
      return found
    }),
  )
  const programs = programsHere(destinationsOf(places, hosts), options)
  const unheard = Promise.all(hosts.map((host) => triedUnheard(host, options)))
  const looks = nodesFirst.flatMap((place) => {
    const lookup = hosts.find(({ host }) => host === place.host)?.lookup
    return lookup?.ok ? begin(place, lookup.addresses) : []
  })
  const whole = Promise.all(
    looks.map((look) => stages.during('connections', endpoint(look.place.host, look.place.port), look.whole)),
  )
  const watching = stages.during('numbers', 'nodes', watchNodes(options, looks))
  const asking = stages.during('servers', 'Redis OSS and Valkey', askServers(options, looks))
  const discovering = stages.during('lists', 'discovery', discoveryOf(options, looks))
  const nobodies = Promise.all(
    hosts.map(async (host) => {
      const own = looks.filter(({ place }) => place.host === host.host)
      return askedForNobody(host, await Promise.all(own.map((look) => look.served)), options)
    }),
  )
  const soon = await Promise.all(looks.map((look) => look.soon))
  const told = await Promise.all(hosts.map((host) => compareWithDns(host, soon, options)))
  const silence = await stages.during('this host', 'its own packets', examineSilence(soon, told, options))
  for (const look of looks) if (silence?.explains({ address: look.address, port: look.place.port })) look.giveUp()
  const addresses = await whole
  const [watched, servers] = [await watching, await asking]
  const all = withTranslations(await tryAgain(addresses, options, await before), hosts)
  const here = await examineHere(all, silence, options, (await timesExceeded()) - (await expiredBefore))
  const written = options.writeProbe ? await writeToNodes(options, all) : undefined
  const gai = { path: gaiConf, exists: (await gaiText) !== null, remarks: lintGaiConf(await gaiText) }
  const asked = { at, clusters, missing, places, ...(api && { api }) }
  const [others, none] = await Promise.all([unheard, nobodies])
  const compared = told.map((host, index): HostEvidence => {
    const [own, nobody] = [others[index], none[index]]
    return { ...host, ...(own && { unheard: own }), ...(nobody && { nobody }) }
  })
  const looked = { hosts: compared, addresses: all, discovery: await discovering, watched, gai }
  return {
    ...asked,
    ...looked,
    limits: await limits,
    programs: await programs,
    ...(written && { written }),
    ...(here && { here }),
    ...(servers.looks.length > 0 && { servers }),
  }
}

/** With so many, one is asked less as long as it is well. */
const MANY = 12
const FEW_ATTEMPTS = 3
const AT_ONCE = 16

/** Begins to look at addresses of a place, at each of them once. */
function beginOnce(options: ExamineOptions, shares: Shares) {
  const many = options.places.length > MANY
  const tryNode = tryEachOnce(many)
  const inTurn = fewAtOnce(AT_ONCE)
  const begun = new Map<string, Look>()
  return (place: Place, addresses: readonly ResolvedAddress[]): Look[] =>
    addresses.map(({ address, family }) => {
      const key = `${endpoint(place.host, place.port)} ${place.role} ${address}`
      const own = {
        ...options,
        ...(many && { attempts: options.attempts ?? FEW_ATTEMPTS }),
        ...shortened(options, shares.left(ADDRESSES_SHARE)),
      }
      const beginning = () => lookAtAddress({ place, address, family }, own, tryNode)
      const look = begun.get(key) ?? (many ? inTurn({ place, address }, beginning) : beginning())
      begun.set(key, look)
      return look
    })
}

/** Which addresses DNS64 made up is known of by the servers that did. */
const withTranslations = (addresses: readonly AddressEvidence[], hosts: Evidence['hosts']): AddressEvidence[] =>
  addresses.map((one) => {
    const views = hosts.find(({ host }) => host === one.place.host)?.survey?.views ?? []
    const translates = views.flatMap(({ ipv6 }) => ipv6).find(({ address }) => address === one.address)?.translates
    return translates ? { ...one, translates } : one
  })

const destinationsOf = (places: readonly Place[], hosts: Evidence['hosts']): Destination[] =>
  places.flatMap(({ host, port }) => {
    const lookup = hosts.find((each) => each.host === host)?.lookup
    return lookup?.ok ? lookup.addresses.map(({ address }) => ({ address, port })) : []
  })

/**
 * Nodes of Memcached that told all of themselves, each once, whatever it is called, and once nobody here asks it anything, by
 * its other address or by the configuration endpoint either: what is asked for a look would count as what clients ask for.
 */
async function watchNodes(options: ExamineOptions, looks: readonly Look[]): Promise<NodeWatch[]> {
  const nodes = new Map<string, Look[]>()
  for (const look of looks) {
    const key = endpoint(look.address, look.place.port)
    nodes.set(key, [...(nodes.get(key) ?? []), look])
  }
  const watched = await Promise.all(
    [...nodes.values()].map(async (own) => {
      const served = await Promise.all(own.map((look) => look.served))
      await Promise.all(looks.filter((look) => own.some((one) => mayBeOneNode(look, one))).map((look) => look.served))
      const telling = served.find(({ answers }) => answers?.bulk?.complete)
      return telling && watchNode(dialOf(telling, options))
    }),
  )
  return watched.flatMap((one) => one ?? [])
}

/** Servers of Redis OSS and Valkey that answer, each once, when nothing else is asked of them: refusals of ours are counted, too. */
async function askServers(options: ExamineOptions, looks: readonly Look[]): Promise<RespEvidence> {
  const { clusters, login = {} } = options
  const standsForOthers = ({ cluster, role }: Place): boolean => {
    const members = (clusters.find(({ id }) => id === cluster)?.nodes ?? []).filter(({ shard }) => shard !== undefined)
    return members.length > 0 && !members.some(({ id }) => id === role)
  }
  const own = looks.filter(({ place }) => place.speaks === 'resp')
  const served = await Promise.all(own.map((look) => look.served))
  const members = eachOnce(served.filter((one) => answers(one) && !standsForOthers(one.place)))
  return lookAtServers(
    members.map((one) => ({ ...dialOf(one, options), place: one.place, login })),
    served,
  )
}

/** Whether one node may answer at both: a configuration endpoint is one of its cluster's. */
const mayBeOneNode = ({ place }: Look, { place: other }: Look): boolean =>
  endpoint(place.host, place.port) === endpoint(other.host, other.port) ||
  ([place.role, other.role].includes('configuration') && place.cluster === other.cluster)

/** Whatever else they do: nodes of Memcached that have answered. */
const writeToNodes = (options: ExamineOptions, addresses: readonly AddressEvidence[]): Promise<WriteProbe[]> =>
  Promise.all(
    eachOnce(addresses.filter(({ answers }) => answers)).map((one) => {
      const itemSizeMax = one.answers?.settings.item_size_max
      return probeWriting({ ...dialOf(one, options), ...(itemSizeMax !== undefined && { itemSizeMax }) })
    }),
  )

const dialOf = ({ address, port, place: { host }, tls }: AddressEvidence, options: ExamineOptions) => ({
  address,
  port,
  host,
  ...passed(options),
  ...(tls?.outcome === 'established' && { tls: { verify: false } }),
  timeoutMs: options.patienceMs ?? 2000,
})

/** Asked at an address that answers, not by name: a slow lookup is waited for once. */
async function discoveryOf(options: ExamineOptions, looks: readonly Look[]): Promise<Evidence['discovery']> {
  const seeds = options.places.filter(
    ({ role, speaks }) => (role === 'configuration' || role === 'given') && speaks !== 'resp',
  )
  const rounds = await Promise.all(
    seeds.map(async (place) => {
      const own = looks.filter((look) => look.place === place)
      const alive = await firstOf(
        own.map((look) => look.heard).map(async (one) => (answers(await one) ? one : undefined)),
      )
      if (!alive) return undefined
      const name = isIP(place.host) === 0 ? { servername: place.host } : {}
      // The list is of interest even where the certificate is not trusted.
      const verify = alive.tls?.trust?.ok === true && alive.tls.hostname?.ok === true
      const tls = place.tls && { ...options.trust.get(place.cluster ?? ''), ...name, verify }
      const seed = { host: alive.address, port: place.port }
      const cluster = options.clusters.find(({ id }) => id === place.cluster)
      const nodes = cluster ? expectedOf(cluster).nodes : []
      const replyMs = alive.words?.connected ? alive.words.replyMs : alive.tls?.replyMs
      return {
        place,
        round: await firstRound({
          seed,
          ...(tls && { tls }),
          ...passed(options),
          expected: async () => nodes,
          // One that is late with every answer is late with this one.
          timeoutMs: (options.patienceMs ?? 1500) + 2 * (replyMs ?? 0),
        }),
      }
    }),
  )
  return rounds.flatMap((each) => (each?.round ? [{ place: each.place, round: each.round }] : []))
}

const answers = ({ words, tls }: AddressEvidence): boolean =>
  Boolean((words?.connected && words.replyMs) || tls?.replyMs)

/** The first that comes to something. */
const firstOf = <T>(all: readonly Promise<T | undefined>[]): Promise<T | undefined> =>
  new Promise((resolve) => {
    for (const one of all) void one.then((value) => value !== undefined && resolve(value))
    void Promise.all(all).then(() => resolve(undefined))
  })

async function firstRound(options: Parameters<typeof pollCluster>[0]): Promise<Round | undefined> {
  for await (const round of pollCluster(options)) return round
  return undefined
}
