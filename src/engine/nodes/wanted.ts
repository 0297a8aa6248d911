/**
 * What is to run of a record, as plain data: made anew from the record and the faults in effect whenever it may have changed;
 * the fleet makes it so.
 */
import type { NodeRuntimeName } from '../../api/local-engine.ts'
import type { Impairment } from '../../net/serve/impairment.ts'
import type { Certificate } from '../faults/effects.ts'
import type { IngressRule } from '../network/ingress.ts'
import type { WorkloadKind } from '../store/records.ts'
import type { EmbeddedPrograms, NodeBase, ProcessPrograms, ProgramSettings } from './runtime.ts'

/** The record that nodes are of. */
export interface Owner {
  readonly region: string
  readonly kind: WorkloadKind
  readonly id: string
}

/** To tell one from the other by. */
export const textOf = ({ region, kind, id }: Owner): string => `${kind} ${region}/${id}`

export interface NodeKey extends Owner {
  readonly node: string
}

/** The node in names of files, in logs and at the runtime: `us-west-2/shop/0001`. Nodes of different kinds are called differently. */
export const nameOf = ({ region, kind, id, node }: NodeKey): string =>
  // A member of a group is a cache cluster of one node, whether it is in the group or no longer.
  kind === 'replicationGroup' ? `${region}/${node}/0001` : `${region}/${id}/${node}`

export interface Deployment {
  readonly owner: Owner
  readonly nodes: readonly WantedNode[]
  readonly endpoints: readonly WantedEndpoint[]
  /** Loopback addresses that nodes and endpoints listen on, where they have none of their own. */
  readonly addresses: readonly string[]
  readonly ingress: readonly IngressRule[]
  /** Of all nodes; null: they do not speak TLS. */
  readonly certificate: WantedCertificate | null
}

/** What may run a node: a part of the engine, or a process of its own; of one engine there is one at least. */
export interface WantedPrograms {
  readonly embedded?: ProgramSettings<keyof EmbeddedPrograms>
  readonly process?: ProgramSettings<keyof ProcessPrograms>
}

/** The one that runs it. */
export type ChosenProgram = OneOf<ProgramSettings<keyof EmbeddedPrograms>, ProgramSettings<keyof ProcessPrograms>>

/** One of two kinds of programs. */
export type OneOf<E, P> =
  | { readonly embedded: E; readonly process?: undefined }
  | { readonly process: P; readonly embedded?: undefined }

export interface WantedNode extends Pick<NodeBase, 'incarnation' | 'engineVersion' | 'memoryLimit' | 'threads'> {
  readonly node: string
  /** The node's own, the one it is known by first. */
  readonly ports: readonly [port: number, ...more: number[]]
  /** Those it listens on; absent: those of all. */
  readonly addresses?: readonly string[]
  readonly programs: WantedPrograms
  /** Which of them it is; absent: what the engine was started with. */
  readonly nodeRuntime?: NodeRuntimeName
  /** Why it cannot start with its parameters, in words. */
  readonly obstacle?: string
  readonly impairment: Impairment | null
  /** What it answers to `config get cluster`; absent: nothing yet. */
  readonly list?: WantedList
}

export interface WantedList {
  readonly text: string
  /** How long after it became true the node learns of it. */
  readonly delayMs: number
}

/** A port on which one of the nodes answers besides. */
export interface WantedEndpoint {
  readonly name: string
  readonly port: number
  /** Those that it is on; absent: those of all. */
  readonly addresses?: readonly string[]
  /** Nodes that may answer on it: the one that does, if it may, else the first that runs. */
  readonly nodes: readonly string[]
}

export interface WantedCertificate {
  readonly kind: Certificate
  readonly subject: string
  readonly names: readonly string[]
}
