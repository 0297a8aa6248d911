import { isIP } from 'node:net'
import { pollCluster, type Round } from '../discovery/poll.ts'
import { linkedAbort } from '../net/abort.ts'
import { type Clock, systemClock } from '../net/clock.ts'
import type { AskTls } from '../net/connection.ts'
import type { NameServices } from '../net/resolve.ts'
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
import { connects, examineAddresses } from './examine-address.ts'
import { examineHere } from './examine-here.ts'
import { compareWithDns, examineHost } from './examine-host.ts'
import { GAI_CONF } from './gai-check.ts'
import { lintGaiConf } from './gai-lint.ts'
import { localLimits } from './local-limits.ts'
import { lookupsInChild } from './lookup-process.ts'
import type { AnswersDial } from './node-answers.ts'
import { tryEachOnce } from './node-trial.ts'
import { type NodeWatch, watchNode } from './node-watch.ts'
import { askedForNobody, triedUnheard } from './other-answers.ts'
import { type Destination, programsHere } from './programs-here.ts'
import { systemFile } from './system-file.ts'
import { sharesOf, shortened } from './time-limit.ts'
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
  /** Connections made to each address. Default 6. */
  readonly attempts?: number
  /** Also store, read and delete a key of ours on each node. Without it nothing is written anywhere. */
  readonly writeProbe?: boolean
  readonly signal?: AbortSignal
  readonly clock?: Clock
  /** Called with what is being looked at. */
  readonly onStage?: (stage: string) => void
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
  const shares = sharesOf(options)
  const names = [...new Set(places.map(({ host }) => host))]
  const lookups = lookupsInChild()
  const [hosts, gaiText] = await Promise.all([
    shares.until(NAMES_SHARE, (own) => {
      const asked = names.map((host) => [host, examineHost(host, own, gaiConf, lookups)] as const)
      return Promise.all(counted(options, 'names', asked))
    }),
    systemFile(gaiConf),
  ])
  const programs = programsHere(destinationsOf(places, hosts), options)
  const unheard = Promise.all(hosts.map((host) => triedUnheard(host, options)))
  // Nodes first: what is wrong with one is told of it, not of the endpoint that it answers for.
  const nodesFirst = [...places].sort((a, b) => Number(a.role === 'configuration') - Number(b.role === 'configuration'))
  const tryNode = tryEachOnce()
  const own = { ...options, ...shortened(options, shares.left(ADDRESSES_SHARE)) }
  const looks = nodesFirst.flatMap((place) =>
    examineAddresses(place, hosts, own, tryNode).map((look) => [endpoint(place.host, place.port), look] as const),
  )
  const addresses = await tryAgain(await Promise.all(counted(options, 'connections', looks)), options)
  // Beside the rest: nobody else asks these nodes anything meanwhile.
  const watching = watchNodes(options, addresses)
  const told = await Promise.all(
    hosts.map(async (host, at): Promise<HostEvidence> => {
      const [compared, nobody] = await Promise.all([
        compareWithDns(host, addresses, options),
        askedForNobody(host, addresses, options),
      ])
      const others = (await unheard)[at]
      return { ...compared, ...(others && { unheard: others }), ...(nobody && { nobody }) }
    }),
  )
  options.onStage?.('discovery')
  const [discovery, here] = await Promise.all([discoveryOf(options, addresses), examineHere(addresses, told, options)])
  options.onStage?.('nodes')
  const watched = await watching
  const written = options.writeProbe ? await writeToNodes(options, addresses) : undefined
  const gai = { path: gaiConf, exists: gaiText !== null, remarks: lintGaiConf(gaiText) }
  const asked = { at, clusters, missing, places, ...(api && { api }) }
  const looked = { hosts: told, addresses, discovery, watched, gai, limits: await limits, programs: await programs }
  return { ...asked, ...looked, ...(written && { written }), ...(here && { here }) }
}

const destinationsOf = (places: readonly Place[], hosts: Evidence['hosts']): Destination[] =>
  places.flatMap(({ host, port }) => {
    const lookup = hosts.find((each) => each.host === host)?.lookup
    return lookup?.ok ? lookup.addresses.map(({ address }) => ({ address, port })) : []
  })

/** Tells how far a stage has come, and what it still waits for. */
function counted<T>(
  { onStage = () => {} }: ExamineOptions,
  stage: string,
  looks: readonly (readonly [what: string, look: Promise<T>])[],
): Promise<T>[] {
  const open = looks.map(([what]) => what)
  const tell = (): void => {
    const [first] = open
    const more = open.length > 1 ? ` and ${open.length - 1} more` : ''
    const waits = first === undefined ? '' : `, waiting for ${first}${more}`
    onStage(`${stage}: ${looks.length - open.length} of ${looks.length}${waits}`)
  }
  tell()
  return looks.map(([what, look]) =>
    look.finally(() => {
      open.splice(open.indexOf(what), 1)
      tell()
    }),
  )
}

/** Nodes of Memcached that told all of themselves, each once, whatever it is called. */
async function watchNodes(options: ExamineOptions, addresses: readonly AddressEvidence[]): Promise<NodeWatch[]> {
  const telling = eachOnce(addresses.filter(({ answers }) => answers?.bulk?.complete))
  const watched = await Promise.all(telling.map((one) => watchNode(dialOf(one, options))))
  return watched.flatMap((one) => one ?? [])
}

/** Whatever else they do: nodes of Memcached that have answered. */
const writeToNodes = (options: ExamineOptions, addresses: readonly AddressEvidence[]): Promise<WriteProbe[]> =>
  Promise.all(
    eachOnce(addresses.filter(({ answers }) => answers)).map((one) => {
      const itemSizeMax = one.answers?.settings.item_size_max
      return probeWriting({ ...dialOf(one, options), ...(itemSizeMax !== undefined && { itemSizeMax }) })
    }),
  )

const eachOnce = (addresses: readonly AddressEvidence[]): AddressEvidence[] => [
  ...new Map(addresses.map((one) => [endpoint(one.address, one.port), one])).values(),
]

const dialOf = ({ address, port, place: { host }, tls }: AddressEvidence, options: ExamineOptions): AnswersDial => ({
  address,
  port,
  host,
  ...passed(options),
  ...(tls?.outcome === 'established' && { tls: { verify: false } }),
  timeoutMs: options.patienceMs ?? 2000,
})

/** Asked at an address that answers, not by name: a slow lookup is waited for once. */
async function discoveryOf(
  options: ExamineOptions,
  addresses: readonly AddressEvidence[],
): Promise<Evidence['discovery']> {
  const seeds = options.places.filter(
    ({ role, speaks }) => (role === 'configuration' || role === 'given') && speaks !== 'resp',
  )
  const rounds = await Promise.all(
    seeds.map(async (place) => {
      const own = addresses.filter((each) => each.place === place && connects(each))
      const alive = own.find(({ words, tls }) => (words?.connected && words.replyMs) || tls?.replyMs)
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

const passed = ({ signal, clock }: ExamineOptions) => ({ ...(signal && { signal }), ...(clock && { clock }) })

async function firstRound(options: Parameters<typeof pollCluster>[0]): Promise<Round | undefined> {
  for await (const round of pollCluster(options)) return round
  return undefined
}
