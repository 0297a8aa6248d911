import type { RegionFacts } from '../../api/catalog/regions.ts'
import type { Pace } from '../../api/local-engine.ts'
import type { Input, OperationName, Output } from '../../api/model.ts'
import type { LivingKind } from '../lifecycle/runner.ts'
import type { NodeRuntimes } from '../nodes/node-runtimes.ts'
import type { EndpointsTold } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** What a handler works with: the region of the request's signature, the state, and what comes in through the door. */
export interface Context {
  readonly region: string
  readonly facts: RegionFacts
  readonly account: string
  readonly store: Store
  /** Engine time, milliseconds since the epoch. */
  readonly now: number
  /** In [0, 1). */
  readonly random: () => number
  /** False on a machine without `::1`. */
  readonly hasIpv6: boolean
  /** How endpoints of what is created are told. */
  readonly endpointsTold: EndpointsTold
  /** What nodes are: threads of the engine, or real memcached. */
  readonly nodeRuntimes: NodeRuntimes
  /** How long states in between last. */
  readonly pace: Pace
  /** Lets the lifecycle look at a record that has changed, of the request's region or another one. */
  readonly wake: (kind: LivingKind, id: string, elsewhere?: string) => void
}

/** Finds, refuses, changes, answers. Synchronous: what it read is still true when it writes. */
export type Handler<N extends OperationName> = (input: Input<N>, context: Context) => Output<N>
