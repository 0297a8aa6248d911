import { linkedAbort } from '../net/abort.ts'
import { type Clock, elapsedMs, sleep, systemClock } from '../net/clock.ts'
import type { AskTls } from '../net/connection.ts'
import { type AskFailure, type AskProtocol, type AskResult, askNode } from './ask.ts'
import { diffLists, type FamilyShown, familyShown, type ListChanges, sameNode } from './compare.ts'
import type { ClusterList, DiscoveredNode, Family } from './parse.ts'

export interface PollOptions {
  /** The configuration endpoint, or any node. */
  readonly seed: { readonly host: string; readonly port: number }
  /** Between the starts of two rounds. Default 5000; ElastiCache's own clients poll every 60 000. */
  readonly intervalMs?: number
  /** Per question. Default 3000. */
  readonly timeoutMs?: number
  /** Reach the configuration endpoint over this family only. */
  readonly family?: Family
  readonly tls?: AskTls
  /** How to ask: see `askNode`. */
  readonly protocol?: AskProtocol
  readonly legacy?: boolean
  /** Nodes to ask beside those of the endpoint's list: those of the API. Asked for anew in each round. */
  readonly expected?: () => Promise<readonly DiscoveredNode[]>
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/** What one node says of its cluster: a list, or why there is none. */
export interface NodeAnswer {
  readonly node: DiscoveredNode
  /** The address or name it was asked under. */
  readonly asked: string
  readonly list?: ClusterList
  readonly familyShown?: FamilyShown
  readonly failure?: AskFailure
  readonly ms: number
  /** When it had answered, in ms since polling began. */
  readonly atMs: number
}

export interface Round {
  /** From 1. */
  readonly number: number
  /** ISO 8601, UTC: when the round began. */
  readonly at: string
  readonly tls: boolean
  /** What the configuration endpoint said. */
  readonly seed: AskResult
  /** When it had said it, in ms since polling began. */
  readonly seedAtMs: number
  /** Every node of the endpoint's list; of the last list known, when the endpoint failed. */
  readonly perNode: readonly NodeAnswer[]
  /** Nodes that are not on it, and that the API or another node knows. */
  readonly others: readonly NodeAnswer[]
  /** The endpoint and every node answered, all with the same list. */
  readonly agreed: boolean
  /** Since the last list known. Absent in the first round, and when nothing changed. */
  readonly changes?: ListChanges
}

/**
 * Asks the configuration endpoint and then every node it lists, again and again. Failures are part of a round; the
 * generator ends only when the signal aborts or its reader stops, and the round under way is then dropped.
 */
export async function* pollCluster(options: PollOptions): AsyncGenerator<Round, void, undefined> {
  const { clock = systemClock, intervalMs = 5000 } = options
  const stop = linkedAbort(options.signal)
  try {
    yield* rounds({ ...options, signal: stop.signal }, clock, intervalMs)
  } finally {
    stop.release()
  }
}

async function* rounds(
  options: PollOptions & { readonly signal: AbortSignal },
  clock: Clock,
  intervalMs: number,
): AsyncGenerator<Round, void, undefined> {
  const { signal, expected } = options
  const began = clock.monotonicMs()
  let known: ClusterList | undefined
  for (let number = 1; !signal.aborted; number++) {
    const start = clock.monotonicMs()
    const at = clock.now().toISOString()
    const [seed, wanted] = await Promise.all([
      ask({ ...options.seed, ...(options.family && { family: options.family }) }, options),
      expected?.() ?? [],
    ])
    const seedAtMs = elapsedMs(clock, began)
    const list = seed.ok ? seed : known
    const askAll = (nodes: readonly DiscoveredNode[]): Promise<NodeAnswer[]> =>
      Promise.all(nodes.map((node) => askListed(node, options, () => elapsedMs(clock, began))))
    const perNode = await askAll(list?.nodes ?? [])
    const others = await askAll(
      notAmong(list?.nodes ?? [], [...perNode.flatMap((each) => each.list?.nodes ?? []), ...wanted]),
    )
    if (signal.aborted) return

    const changes = known && list && diffLists(known, list)
    yield {
      number,
      at,
      tls: options.tls !== undefined,
      seed,
      seedAtMs,
      perNode,
      others,
      agreed: agree(seed, perNode),
      ...(changes && { changes }),
    }
    known = list
    await sleep(clock, Math.max(0, intervalMs - elapsedMs(clock, start)), signal)
  }
}

/** Those of `nodes` that are not among `listed`, each once. */
function notAmong(listed: readonly DiscoveredNode[], nodes: readonly DiscoveredNode[]): DiscoveredNode[] {
  const found: DiscoveredNode[] = []
  for (const node of nodes) {
    if (![...listed, ...found].some((each) => sameNode(each, node))) found.push(node)
  }
  return found
}

/** By address where the list shows one; by name under TLS, for that is what the certificate holds. */
async function askListed(node: DiscoveredNode, options: PollOptions, since: () => number): Promise<NodeAnswer> {
  const asked = options.tls ? node.host : (node.ip ?? node.host)
  const answer = await ask({ host: asked, port: node.port }, options)
  const common = { node, asked, ms: answer.ms, atMs: since() }
  if (!answer.ok) return { ...common, failure: answer }
  const list = { version: answer.version, nodes: answer.nodes }
  return { ...common, list, familyShown: familyShown(list) }
}

function ask(whom: { host: string; port: number; family?: Family }, options: PollOptions): Promise<AskResult> {
  const { timeoutMs, signal, clock, tls, protocol, legacy } = options
  return askNode({
    ...whom,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(signal && { signal }),
    ...(clock && { clock }),
    ...(protocol && { protocol }),
    ...(legacy !== undefined && { legacy }),
    ...(tls && { tls: whom.host === options.seed.host ? tls : withoutServername(tls) }),
  })
}

// The name given is the endpoint's; nodes have names of their own.
function withoutServername({ servername: _, ...tls }: AskTls): AskTls {
  return tls
}

const agree = (seed: AskResult, perNode: readonly NodeAnswer[]): boolean =>
  seed.ok && perNode.length > 0 && perNode.every(({ list }) => list !== undefined && !diffLists(seed, list))
