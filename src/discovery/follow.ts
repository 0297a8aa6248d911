/** A cluster's lists over time: which node had a new version first, how long after it each other followed, which went back. */
import { type Difference, ENDPOINT, nodeName } from './differences.ts'
import type { Round } from './poll.ts'

export type FollowEvent =
  /** A node was first seen with a version that is new since polling began. `lagMs` 0: it was the first of all. */
  | {
      readonly type: 'followed'
      readonly who: string
      readonly version: number
      readonly lagMs: number
      readonly atMs: number
    }
  | {
      readonly type: 'version-back'
      readonly who: string
      readonly from: number
      readonly to: number
      readonly atMs: number
    }
  | { readonly type: 'silent'; readonly who: string; readonly detail: string; readonly atMs: number }
  | { readonly type: 'answers-again'; readonly who: string; readonly atMs: number }

/** One version's way through the cluster. Times are as fine as the interval between rounds. JSON-able. */
export interface VersionLag {
  readonly version: number
  /** In ms since polling began; 0 and `before` when it was there before polling began. */
  readonly firstAtMs: number
  readonly before: boolean
  /** Null: has not followed yet. */
  readonly perNode: readonly { readonly who: string; readonly lagMs: number | null }[]
}

interface Arrival {
  readonly round: number
  readonly firstAtMs: number
  readonly before: boolean
  readonly followed: Map<string, number>
}

/** Feed it every round, in order. */
export class ListHistory {
  readonly #latest = new Map<string, number>()
  readonly #silent = new Set<string>()
  readonly #arrivals = new Map<number, Arrival>()
  #present: readonly string[] = []

  observe(round: Round): FollowEvent[] {
    const seen = sightingsOf(round)
    this.#present = round.perNode.map(({ node }) => nodeName(node))
    const newest = Math.max(...seen.map(({ version }) => version))
    for (const { version, atMs } of seen) this.#arrive(version, atMs, round.number, newest)
    return [...seen.flatMap((sighting) => this.#follow(sighting, round.number)), ...this.#voices(round)]
  }

  /** The versions that were seen to spread, oldest first. */
  lags(): VersionLag[] {
    return [...this.#arrivals]
      .sort(([a], [b]) => a - b)
      .map(([version, { firstAtMs, before, followed }]) => ({
        version,
        firstAtMs,
        before,
        perNode: this.#present.map((who) => ({ who, lagMs: followed.get(who) ?? null })),
      }))
      .filter(({ before, perNode }) => !before || perNode.some(({ lagMs }) => lagMs !== 0))
  }

  #arrive(version: number, atMs: number, round: number, newest: number): void {
    // An old version that a node still holds is not arriving.
    if (this.#arrivals.has(version) || version < newest) return
    const before = round === 1
    this.#arrivals.set(version, { round, firstAtMs: before ? 0 : atMs, before, followed: new Map() })
  }

  #follow({ who, version, atMs }: Sighting, round: number): FollowEvent[] {
    const before = this.#latest.get(who)
    this.#latest.set(who, version)
    if (before !== undefined && version < before)
      return [{ type: 'version-back', who, from: before, to: version, atMs }]
    if (who === ENDPOINT) return []
    const events: FollowEvent[] = []
    // A node that has a version has also passed those before it.
    for (const [arrived, arrival] of this.#arrivals) {
      if (arrived > version || arrival.followed.has(who)) continue
      // Nodes of one round are asked within milliseconds: none of them was first.
      const lagMs = arrival.round === round ? 0 : Math.round(atMs - arrival.firstAtMs)
      arrival.followed.set(who, lagMs)
      if (arrived === version && before !== version && round > 1)
        events.push({ type: 'followed', who, version, lagMs, atMs })
    }
    return events
  }

  #voices({ perNode }: Round): FollowEvent[] {
    return perNode.flatMap(({ node, failure, atMs }): FollowEvent[] => {
      const who = nodeName(node)
      if (failure && !this.#silent.has(who)) {
        this.#silent.add(who)
        return [{ type: 'silent', who, detail: failure.detail, atMs }]
      }
      return !failure && this.#silent.delete(who) ? [{ type: 'answers-again', who, atMs }] : []
    })
  }
}

/** What went backwards, as differences: a single round can not tell. */
export const wentBack = (events: readonly FollowEvent[]): Difference[] =>
  events.flatMap((event): Difference[] =>
    event.type === 'version-back'
      ? [
          {
            kind: 'version-back',
            who: event.who,
            against: 'its own past',
            detail: `went back from version ${event.from} to ${event.to}`,
            matters: true,
          },
        ]
      : [],
  )

interface Sighting {
  readonly who: string
  readonly version: number
  readonly atMs: number
}

function sightingsOf({ seed, seedAtMs, perNode, others }: Round): Sighting[] {
  return [
    ...(seed.ok ? [{ who: ENDPOINT, version: seed.version, atMs: seedAtMs }] : []),
    ...[...perNode, ...others].flatMap(({ node, list, atMs }) =>
      list ? [{ who: nodeName(node), version: list.version, atMs }] : [],
    ),
  ]
}
