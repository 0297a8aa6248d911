import { type Clock, elapsedMs, sleep, systemClock } from '../../../net/clock.ts'
import { withClient } from '../../caches/client.ts'
import { readPlace } from '../../caches/place.ts'
import { unaskedText } from '../../caches/refusals.ts'
import { cacheWord } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { count, time } from '../../flag-kinds.ts'
import { text, toggle } from '../../flags.ts'
import { type GlobalOptions, globalFlags } from '../../global-flags.ts'
import { untilInterrupted } from '../../live/interrupt.ts'
import { isQuit } from '../../live/keys.ts'
import { styleHere } from '../../output/people.ts'
import { bytesText, countText } from '../../output/quantities.ts'
import { absoluteTime } from '../../output/relative-time.ts'
import { CallFailed, FailsWith, Problem } from '../../problem.ts'
import { canRedraw, forPeople, tell } from '../../terminal.ts'
import type { DialOptions } from '../kv/place.ts'
import { type LoginOptions, loginFlags, loginOf } from '../kv/resp/login.ts'
import { AT_FIRST, afterKey, type Extent } from './keys.ts'
import { givenNodes, nodesOf } from './places.ts'
import { lagOf, totalOf } from './rates.ts'
import { openScreen } from './screen.ts'
import { type TopView, topScreen } from './view.ts'
import { NodeWatch, type WatchedNode } from './watch.ts'

const NOBODY_ANSWERED = 1
/** How often the list of nodes is looked at: it changes as the cluster is scaled. */
const LIST_EVERY_MS = 5_000
const LEAST_INTERVAL_MS = 100

export const top = command({
  summary: 'Watch the nodes of a cache at work: operations, hits, memory, connections, traffic',
  description:
    'Asks every node for its `stats` each second, or its INFO, directly, on AWS too; nodes that are added appear, those that go leave. Of a replication group every member is shown with its role, which a failover changes, and replicas with what they have not received yet; keys are counted once, and so are writes. On a terminal it takes the whole screen until q or Ctrl-C (? tells the keys: sort, scroll, pause); into a pipe it prints a line for each interval, with --output json an object. A bar is the share of the memory limit; below each node, or beside it where the terminal is wide, are the operations of the last minutes, x where it did not answer. Exit code 0: nodes answered; 1: none did.',
  words: {
    where: cacheWord(
      'id of a cluster or replication group, name of a serverless cache, or host:port (several with commas)',
    ),
  },
  flags: {
    interval: time({ summary: 'between two looks (default 1s)', otherwise: 1000 }),
    count: count({
      summary: 'end after so many looks',
      helpValue: '<number>',
      least: 1,
      otherwise: Number.POSITIVE_INFINITY,
    }),
    tls: toggle({ summary: 'speak TLS to host:port (a cluster id knows by itself)' }),
    ca: text({ summary: 'PEM file with the authorities to trust', helpValue: '<path>' }),
    user: loginFlags.user,
    'password-file': loginFlags['password-file'],
    timeout: time({
      summary: 'for a connection, and for an answer (default 3s)',
      otherwise: 3000,
    }),
    ...globalFlags,
  },
  forms: {},
  examples: [
    'top shop',
    'top cart --user app --password-file secret',
    'top shop --output json --count 5',
    'top localhost:11211 --interval 5s',
  ],
  async run({ flags, words, print }) {
    const { where } = words
    const options: LoopOptions = {
      intervalMs: Math.max(LEAST_INTERVAL_MS, flags.interval),
      count: flags.count,
    }
    await withPlace(where, flags, async (place) => {
      const fleet = new Watched(place, systemClock)
      try {
        const draws = print.form === 'readable' && canRedraw()
        const answered = draws
          ? await drawn(where, fleet, options, flags)
          : await untilInterrupted((signal) =>
              loop(fleet, options, signal, systemClock, () => print.item(viewedAt(where, fleet), () => asLine(fleet))),
            )
        if (answered) return
        const silent = fleet.nodes.find(({ problem }) => problem !== undefined)
        if (silent?.problem) throw new FailsWith(NOBODY_ANSWERED, new Problem('general', silent.problem, silent.hint))
      } finally {
        if (fleet.unlisted) tell(`The list of nodes is an older one: ${told(fleet.unlisted)}`)
      }
    })
  },
})

const told = (error: Error): string => (error instanceof CallFailed ? unaskedText(error) : error.message)

type TopOptions = GlobalOptions & DialOptions & LoginOptions

/** Where the nodes come from. */
interface Place {
  nodes(): Promise<readonly WatchedNode[]>
  readonly changes: boolean
}

async function withPlace(where: string, flags: TopOptions, use: (place: Place) => Promise<void>): Promise<void> {
  const read = readPlace(where.split(',')[0] ?? '')
  const login = await loginOf(flags)
  if ('cluster' in read)
    return withClient(flags, (client) =>
      use({ changes: true, nodes: () => nodesOf(client, read.cluster, flags, login) }),
    )
  const nodes = await givenNodes(where, flags, login)
  return use({ changes: false, nodes: async () => nodes })
}

/** The nodes that are watched; follows the list of the cluster. */
class Watched {
  nodes: readonly NodeWatch[] = []
  /** Why the list could not be had again, lately. */
  unlisted: Error | undefined
  readonly #place: Place
  readonly #clock: Clock
  #listedAt: number | undefined

  constructor(place: Place, clock: Clock) {
    this.#place = place
    this.#clock = clock
  }

  /** Rejects only when there is no list to begin with. */
  async look(): Promise<void> {
    await this.#list()
    await Promise.all(this.nodes.map((node) => node.look()))
  }

  close(): void {
    for (const node of this.nodes) node.close()
  }

  async #list(): Promise<void> {
    const first = this.#listedAt === undefined
    if (!first && (!this.#place.changes || elapsedMs(this.#clock, this.#listedAt ?? 0) < LIST_EVERY_MS)) return
    this.#listedAt = this.#clock.monotonicMs()
    try {
      const listed = await this.#place.nodes()
      const known = new Map(this.nodes.map((watch) => [keyOf(watch.node), watch]))
      const next = listed.map((node) => known.get(keyOf(node)) ?? new NodeWatch(node, this.#clock))
      for (const watch of this.nodes) if (!next.includes(watch)) watch.close()
      this.nodes = next
      this.unlisted = undefined
    } catch (error) {
      // Later on, the nodes that are known are still worth looking at.
      if (first || !(error instanceof CallFailed || error instanceof Problem)) throw error
      this.unlisted = error
    }
  }
}

const keyOf = ({ label, dial }: WatchedNode): string => `${label} ${dial.host} ${dial.port}`

interface LoopOptions {
  readonly intervalMs: number
  readonly count: number
}

/** Looks, shows, waits. The first look only has something to compare with. Answers whether any node ever did. */
async function loop(
  fleet: Watched,
  { intervalMs, count }: LoopOptions,
  signal: AbortSignal,
  clock: Clock,
  show: () => Promise<void>,
  alsoFirst = false,
): Promise<boolean> {
  let answered = false
  try {
    await fleet.look()
    if (alsoFirst) await show()
    for (let shown = 0; shown < count && !signal.aborted; shown++) {
      await sleep(clock, intervalMs, signal)
      if (signal.aborted) break
      await fleet.look()
      answered ||= fleet.nodes.some(({ rates }) => rates !== undefined)
      if (!signal.aborted) await show()
    }
    return answered || fleet.nodes.some(({ problem }) => problem === undefined)
  } finally {
    fleet.close()
  }
}

async function drawn(where: string, fleet: Watched, options: LoopOptions, flags: TopOptions): Promise<boolean> {
  const style = await styleHere(flags)
  // Before the screen is taken over: what is wrong at the start is told where it stays readable.
  await fleet.look()
  return untilInterrupted(async (signal) => {
    const stop = new AbortController()
    signal.addEventListener('abort', () => stop.abort(), { once: true })
    let state = AT_FIRST
    let view = viewOf(where, fleet)
    let extent: Extent = { nodes: 0, page: 1 }
    const draw = (): void => {
      const { width, height } = screen
      const drawn = topScreen(forPeople(view), { width, height }, style, state)
      extent = drawn.extent
      screen.draw(drawn.lines)
    }
    const typed = (keys: readonly string[]): void => {
      for (const key of keys) {
        if (isQuit(key)) {
          stop.abort()
          return
        }
        state = afterKey(state, key, extent)
      }
      draw()
    }
    const screen = openScreen(draw, typed)
    const show = async (): Promise<void> => {
      if (!state.paused) view = viewOf(where, fleet)
      draw()
    }
    try {
      return await loop(fleet, options, stop.signal, systemClock, show, true)
    } finally {
      screen.leave()
    }
  })
}

const viewOf = (where: string, { nodes }: Watched): TopView => ({
  title: where,
  time: absoluteTime(systemClock.now()).slice(11),
  nodes: nodes.map((watch) => {
    const { node, rates, problem, history, answerMs } = watch
    // A copy: it goes on, and what is shown may stand still.
    return { label: node.label, rates, problem, history: [...history], answerMs, lagBytes: lagIn(nodes, watch) }
  }),
})

/** By the primary of its shard, as far as that has been asked. */
const lagIn = (nodes: readonly NodeWatch[], { node, rates }: NodeWatch): number | undefined =>
  node.shard === undefined
    ? undefined
    : lagOf(
        rates,
        nodes.flatMap((each) => (each.node.shard === node.shard && each.rates ? [each.rates] : [])),
      )

function viewedAt(where: string, { nodes }: Watched) {
  const known = nodes.flatMap(({ rates }) => rates ?? [])
  return {
    time: systemClock.now(),
    where,
    total: totalOf(known),
    nodes: nodes.map((watch) => {
      const { node, rates, problem, answerMs } = watch
      const lagBytes = lagIn(nodes, watch)
      return {
        node: node.label,
        address: node.dial.host,
        port: node.dial.port,
        ...(node.shard !== undefined && { shard: node.shard }),
        ...(rates ?? { problem: problem ?? 'no answer yet' }),
        ...(answerMs !== undefined && { answerMs: Number(answerMs.toFixed(3)) }),
        ...(lagBytes !== undefined && { lagBytes }),
      }
    }),
  }
}

function asLine({ nodes }: Watched): string {
  const known = nodes.flatMap(({ rates }) => rates ?? [])
  const { operations, hitRate, items, bytes, limitBytes, connections, evictions, bytesIn, bytesOut } = totalOf(known)
  const silent = nodes.length - known.length
  return [
    absoluteTime(systemClock.now()),
    `${countText(Math.round(operations))} ops/s`,
    `hits ${hitRate === undefined ? '-' : `${(hitRate * 100).toFixed(1)} %`}`,
    `items ${countText(items)}`,
    `memory ${bytesText(bytes)} of ${bytesText(limitBytes)}`,
    `connections ${connections}`,
    `evictions ${countText(Math.round(evictions))}/s`,
    `in ${bytesText(Math.round(bytesIn))}/s`,
    `out ${bytesText(Math.round(bytesOut))}/s`,
    `nodes ${known.length}${silent > 0 ? ` (${silent} silent)` : ''}`,
  ].join('  ')
}
