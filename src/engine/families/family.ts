import type { AclEngine } from '../../acl/commands.ts'
import type { EngineFacts } from '../../api/catalog/engines.ts'
import type { NodeType } from '../../api/catalog/node-types.ts'
import { Fault, type FaultCode } from '../../api/faults.ts'
import type { ServerPlaces, ServerRuntime } from '../../api/local-engine.ts'
import type { InstalledProgram } from '../nodes/installed.ts'
import type { RedisSettings } from '../nodes/redis/settings.ts'
import type { EmbeddedPrograms, ProcessPrograms, ProgramName, ProgramSettings } from '../nodes/runtime.ts'
import type { WantedPrograms } from '../nodes/wanted.ts'
import type { MetricSet } from './metric.ts'
import type { NodeTypeParameter, Parameters, Values } from './parameter.ts'

/** Why a member of a request is refused, unless its value is harmless. */
export type Refusal = readonly [
  code: FaultCode,
  message: string | ((value: unknown) => string),
  allow?: (value: unknown) => boolean,
]

/** What runs a node, and what that is told of it. */
interface Program<Name extends string, P extends ProgramName> {
  /** By the values of its group. */
  settings(values: Values<Name>, version: string): ProgramSettings<P>
}

/** What a server that replicates is told of its parameter group. */
export interface GroupSettings {
  /** While it runs. */
  readonly directives: Readonly<Record<string, string>>
  /** At its start only. */
  readonly fixed: Readonly<Record<string, string>>
  /** Commands with other names, at its start only. */
  readonly renamed: readonly (readonly [command: string, name: string])[]
  readonly closeOnReplicaWrite: boolean
}

/** What runs a serverless cache, besides what every node is told. */
export interface ServerlessNode {
  /** Infinite: it is metered only. */
  readonly ecpuPerSecond: number
  /** Where there is a server behind a door; null: there is none. */
  readonly server: {
    readonly runtime: ServerRuntime
    /** The port clients know it by, and those that are the server's own. */
    readonly port: number
    readonly innerPort: number
    readonly busPort: number
    /** 40 hex digits. */
    readonly nodeId: string
    /** What it tells clients that take it for a cluster to go to. */
    readonly announce: RedisSettings['announce']
    /** A line a user, as servers take them. */
    readonly users: readonly string[]
    /** Names of those that log in with tokens of IAM. */
    readonly iamUsers: readonly string[]
    /** A file in the folder of snapshots that it starts with. */
    readonly rdb?: string | undefined
    /** Whether writes wait for now. */
    readonly holdsWrites: boolean
  } | null
}

/** What an engine is, to the rooms that need not know which it is: a folder each, and a row in all.ts. */
export interface Family<Name extends string = string> {
  readonly engine: EngineFacts
  readonly parameters: Parameters<Name>
  readonly nodeTypeParameters: readonly NodeTypeParameter[]
  /** What the default groups set on nodes of a type. */
  defaultValues(type: NodeType): Readonly<Record<string, string>>
  /** What may run a node: a part of the engine, or a server that is a process of its own; one at least. */
  readonly programs: {
    readonly embedded?: Program<Name, keyof EmbeddedPrograms>
    readonly process?: Program<Name, keyof ProcessPrograms> & {
      /** Looks for it on this machine; throws NotInstalled. */
      installed(): InstalledProgram
    }
  }
  /** What access strings of its users go by; absent: it has no users. */
  readonly acl?: AclEngine
  /** Absent: its nodes are not those of replication groups. */
  readonly replication?: {
    /** The server that runs nodes of a version. Throws NotInstalled. */
    installed(version: string, places: ServerPlaces): InstalledProgram
    /** Parameters that the servers of a shard have alike, as what they say to each other depends on them. */
    readonly sharedParameters: readonly Name[]
    /** What a node is told of its group, by the values in force. */
    settings(values: Values<Name>, version: string, type: NodeType): GroupSettings
  }
  /** Bytes a node of a type has for items. */
  memoryForItems(values: Values<Name>, version: string, type: NodeType): number
  /** Why a node of a type cannot start with these values, in words; undefined when it can. */
  incompatibility(values: Values<Name>, version: string, type: NodeType): string | undefined
  /** Of nodes of clusters. */
  readonly metrics: MetricSet
  /** Absent: there are no serverless caches of it. */
  readonly serverless?: {
    programs(node: ServerlessNode): WantedPrograms
    readonly metrics: MetricSet
  }
  /** Members of requests about clusters that the engine has no meaning for, or that cannot be honoured. */
  readonly refusals: Readonly<Record<string, Refusal>>
}

/** A version of an engine, which its clusters have together. */
export interface Release {
  readonly family: Family
  readonly version: string
}

/** Throws for the first member of a request that the family refuses, by a value that is not harmless. */
export function refuseUnsupported(input: object, { refusals }: Pick<Family, 'refusals'>): void {
  for (const [member, value] of Object.entries(input)) {
    const refusal = refusals[member]
    if (!refusal) continue
    const [code, message, allow] = refusal
    if (allow?.(value)) continue
    throw new Fault(code, typeof message === 'string' ? message : message(value))
  }
}
