/** What the numbers of nodes tell: of each by itself, and beside those of its cluster's other nodes. */
import { endpoint } from '../../../net/target.ts'
import type { AddressEvidence, Evidence } from '../../evidence.ts'
import type { NodeStats } from '../../node-answers.ts'
import type { NodeWatch } from '../../node-watch.ts'
import { areSiblings, at, each, memoryShare, who } from '../places.ts'
import type { Sign, SignKind } from '../sign.ts'
import { median } from './trial.ts'

/** A node with its numbers, read once or twice. */
export interface Counted {
  readonly one: AddressEvidence
  readonly stats: NodeStats
  readonly watch?: NodeWatch
}

interface Row {
  readonly kind: SignKind
  readonly is: (node: Counted, others: readonly Counted[]) => boolean
  /** After the name of the place. */
  readonly words: (node: Counted, others: readonly Counted[]) => string
}

const ROWS: readonly Row[] = [
  {
    kind: 'no-memory',
    is: ({ one, stats }) => one.answers?.evicts === false && (refusedForMemory(stats) > 0 || memoryShare(one) >= FULL),
    words: ({ one, stats }) =>
      `throws nothing out, ${Math.round(memoryShare(one) * 100)} % of its memory is in use, and ${refusedForMemory(stats)} values were refused`,
  },
  {
    kind: 'stores-refused',
    is: (node) => node.one.answers?.evicts !== false && isFrequent(node, 'store_no_memory'),
    words: ({ stats }) => `has refused ${refusedForMemory(stats)} values for lack of memory`,
  },
  {
    kind: 'too-large',
    is: (node) => isFrequent(node, 'store_too_large'),
    words: ({ stats }) => `has refused ${stats.store_too_large} values as too large`,
  },
  {
    kind: 'turns-away',
    is: (node) => climbed(node, 'listen_disabled_num') > 0 || climbed(node, 'rejected_connections') > 0,
    words: () => 'turns connections away now',
  },
  { kind: 'yields', is: yieldsMuch, words: (node) => `broke off ${climbed(node, 'conn_yields')} batches just now` },
  {
    kind: 'emptied',
    is: (node, others) => isRestarted(node, others) || isFlushed(node, others),
    words: (node, others) =>
      isRestarted(node, others)
        ? `has run for ${node.stats.uptime} s and is nearly empty; the others are full`
        : `has been flushed ${flushes(node)} times, the others ${Math.max(...others.map(flushes))} times`,
  },
  {
    kind: 'hot',
    is: isHot,
    words: (node, others) => {
      const { own, usual } = paces(node, others)
      return `takes ${share(own / usual)} times as many requests as the other nodes`
    },
  },
  {
    kind: 'short-connections',
    is: isChurning,
    words: (node) => `takes ${Math.round(newConnectionsPerSecond(node))} new connections per second`,
  },
  {
    kind: 'evicting',
    is: evictsMuch,
    words: ({ one, stats }) =>
      `has thrown out ${stats.evictions} items, and ${Math.round(memoryShare(one) * 100)} % of its memory is in use`,
  },
]

/** Signs in the numbers of nodes. */
export function nodeSigns(evidence: Evidence): Sign[] {
  const nodes = countedIn(evidence)
  return ROWS.flatMap(({ kind, is, words }) =>
    nodes.flatMap((node) => {
      const others = othersOf(node, nodes)
      if (!is(node, others)) return []
      const { one } = node
      return [{ kind, at: at(one), sentence: `${who(one)} ${words(node, others)}`, address: one }]
    }),
  )
}

/** Every node that told its numbers. */
export function countedIn({ addresses, watched = [] }: Evidence): Counted[] {
  return each(addresses, ({ answers }) => Object.keys(answers?.stats ?? {}).length > 0).map((one) => {
    const watch = watched.find(({ address, port }) => endpoint(address, port) === at(one))
    return { one, stats: watch?.after ?? one.answers?.stats ?? {}, ...(watch && { watch }) }
  })
}

/** The other nodes of its cluster, each once; or of the places that were given, where all are made alike. */
export function othersOf(node: Counted, nodes: readonly Counted[]): Counted[] {
  const others = nodes.filter(({ one }) => areSiblings(one, node.one))
  if (isGiven(node)) return others.every((other) => sizeOf(other) === sizeOf(node)) ? others : []
  return [...new Map(others.map((other) => [other.one.place.role, other])).values()]
}

const isGiven = ({ one }: Counted): boolean => one.place.cluster === undefined
const sizeOf = ({ stats: { limit_maxbytes: bytes } }: Counted): number => bytes ?? 0

/** Memory that is this full takes no more values of some sizes. */
const FULL = 0.95
const MEMORY_FULL = 0.8
const S_PER_HOUR = 3600

const refusedForMemory = ({ store_no_memory: refused = 0 }: NodeStats): number => refused

/** Between the two readings. */
export function climbed({ watch }: Counted, what: keyof NodeStats): number {
  const [before, after] = [watch?.before[what], watch?.after[what]]
  return before === undefined || after === undefined ? 0 : after - before
}

const perSecond = (node: Counted, what: keyof NodeStats): number =>
  node.watch ? (climbed(node, what) / node.watch.ms) * 1000 : 0

/** It happens now, or once an hour and more often as long as the node has run. A node that hides its age is taken as young. */
function isFrequent(node: Counted, what: keyof NodeStats): boolean {
  const count = node.stats[what] ?? 0
  const { uptime = 0 } = node.stats
  return count > 0 && (climbed(node, what) > 0 || count * S_PER_HOUR >= uptime)
}

/** A batch is broken off after 20 requests (-R): one in a hundred of all that is asked comes at the end of one. */
const YIELDS_OF_REQUESTS = 0.01

function yieldsMuch(node: Counted): boolean {
  const asked = climbed(node, 'cmd_get') + climbed(node, 'cmd_set')
  return climbed(node, 'conn_yields') > Math.max(0, asked * YIELDS_OF_REQUESTS)
}

const YOUNG_S = 900
const OLD_S = 3600
const EMPTY = 0.1
/** Of fewer items, an empty node is chance. */
const SOME_ITEMS = 50

const items = ({ stats }: Counted): number => stats.curr_items ?? 0
export const flushes = ({ stats }: Counted): number => stats.cmd_flush ?? 0

function isEmptyBeside(node: Counted, others: readonly Counted[]): boolean {
  const most = Math.max(0, ...others.map(items))
  return most >= SOME_ITEMS && items(node) <= most * EMPTY
}

/** It began lately, and has not what the others have. */
export const isRestarted = (node: Counted, others: readonly Counted[]): boolean =>
  isEmptyBeside(node, others) && flushes(node) === 0 && (node.stats.uptime ?? Number.POSITIVE_INFINITY) < YOUNG_S

/** More often than any other: lately, or it has not filled since. Memcached takes flushed items out of its count late. */
const isFlushed = (node: Counted, others: readonly Counted[]): boolean =>
  others.length > 0 &&
  flushes(node) > Math.max(...others.map(flushes)) &&
  (isEmptyBeside(node, others) ||
    ((node.stats.uptime ?? Number.POSITIVE_INFINITY) < OLD_S && (median(others.map(items)) ?? 0) >= SOME_ITEMS))

const MUCH_HOTTER = 3
/** Requests: below, what is asked in passing counts for too much. */
const [SOME_PER_SECOND, SOME_REQUESTS] = [100, 10_000]

const asked = ({ cmd_get: gets = 0, cmd_set: sets = 0 }: NodeStats): number => gets + sets
const askedPerSecond = (node: Counted): number => perSecond(node, 'cmd_get') + perSecond(node, 'cmd_set')
const sinceStart = ({ stats }: Counted): number => asked(stats) / (stats.uptime || 1)

/** Requests per second, now, or, where little is asked now, as long as the nodes have run. */
export function paces(node: Counted, others: readonly Counted[]): { own: number; usual: number; now: boolean } {
  const now = askedPerSecond(node) >= SOME_PER_SECOND
  const pace = now ? askedPerSecond : sinceStart
  // One that has just started was not asked yet for what the others were.
  const grown = others.filter(({ stats: { uptime = YOUNG_S } }) => now || uptime >= YOUNG_S)
  const paced = grown.map(pace)
  return { own: pace(node), usual: paced.length === 0 ? pace(node) : Math.max(0.001, median(paced) ?? 0), now }
}

function isHot(node: Counted, others: readonly Counted[]): boolean {
  if (others.length === 0 || (isGiven(node) && !areAlike(others))) return false
  const { own, usual, now } = paces(node, others)
  return (now || asked(node.stats) >= SOME_REQUESTS) && own >= MUCH_HOTTER * usual
}

/** Several that are asked for about as much: caches that were given together may have nothing to do with each other. */
function areAlike(nodes: readonly Counted[]): boolean {
  const paced = nodes.map(sinceStart)
  return nodes.length > 1 && Math.max(...paced) < MUCH_HOTTER * Math.min(...paced)
}

export const share = (times: number): string => (times >= 100 ? 'over 100' : times.toFixed(times < 10 ? 1 : 0))

/** New connections per second: more than clients with pools make, and more than this look makes. */
const [MANY_NOW, MANY_EVER] = [100, 10]
const FEW_REQUESTS_EACH = 10

/** Now, or as long as the node has run. */
export function newConnectionsPerSecond(node: Counted): number {
  const now = perSecond(node, 'total_connections')
  const { total_connections: total = 0, uptime } = node.stats
  return now >= MANY_NOW || uptime === undefined ? now : total / Math.max(1, uptime)
}

function isChurning(node: Counted): boolean {
  const { total_connections: total = 0, curr_connections: open = 0, cmd_get, cmd_set } = node.stats
  if (perSecond(node, 'total_connections') >= MANY_NOW) return true
  const served = cmd_get === undefined && cmd_set === undefined ? 0 : asked(node.stats)
  return (
    newConnectionsPerSecond(node) >= MANY_EVER &&
    total >= 1000 &&
    total >= 50 * open &&
    served < FEW_REQUESTS_EACH * total
  )
}

/** Of reads, those that find what they look for: where so many do, what is thrown out is not missed. */
const GOOD_HITS = 0.9
const SOME_READS = 100

/** Memory is full, items are thrown out every few minutes or more often, and are missed as far as that shows. */
function evictsMuch(node: Counted): boolean {
  const { evictions = 0, uptime = 0, get_hits: hits = 0, get_misses: misses = 0 } = node.stats
  if (evictions === 0 || memoryShare(node.one) < MEMORY_FULL) return false
  const isMissed = hits + misses < SOME_READS || hits < (hits + misses) * GOOD_HITS
  const now = climbed(node, 'evictions') > 0
  return (now || evictions * EVICTED_EVERY_S >= uptime) && isMissed
}

const EVICTED_EVERY_S = 300
