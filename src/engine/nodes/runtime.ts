/** What the engine asks of whatever runs cache nodes: embedded nodes in worker threads, or real servers. */

import type { EventFacts } from '../../api/catalog/events.ts'
import type { ServerPlaces } from '../../api/local-engine.ts'
import type { Impairment } from '../../net/serve/impairment.ts'
import type { IngressRule } from '../network/ingress.ts'
import type { MemcachedSettings, ServerlessSettings } from './memcached/options.ts'
import type { Reading } from './readings.ts'
import type { RedisStatus } from './redis/node.ts'
import type { ReaderSettings } from './redis/reader.ts'
import type { Reshaping } from './redis/reshape.ts'
import type { RedisSettings } from './redis/settings.ts'
import type { SlotMove, SlotsMoved } from './redis/slots.ts'

/** Programs that are part of the engine, and what each is told of a node besides: a row a program. */
export interface EmbeddedPrograms {
  readonly 'embedded-memcached': MemcachedSettings
  readonly 'serverless-memcached': ServerlessSettings
  readonly 'embedded-redis': RedisSettings
}

/** Programs that are processes of their own. */
export interface ProcessPrograms {
  readonly 'memcached-process': MemcachedSettings
  readonly 'redis-process': RedisSettings
  readonly 'redis-reader': ReaderSettings
}

type Programs = EmbeddedPrograms & ProcessPrograms

/** Programs that have files of their own. */
const WITH_FILES = [
  'memcached-process',
  'redis-process',
  'redis-reader',
  'embedded-redis',
] as const satisfies readonly ProgramName[]

type ProgramWithFiles = (typeof WITH_FILES)[number]

export const hasFiles = (program: ProgramName): program is ProgramWithFiles =>
  (WITH_FILES as readonly ProgramName[]).includes(program) // to ask whether any is among them

export type ProgramName = keyof Programs

/** A program, and what it is told besides; of each its `live` can change while it runs. */
export type ProgramSettings<P extends ProgramName = ProgramName> = {
  readonly [K in P]: { readonly program: K } & Programs[K]
}[P]

/** What every node is, whatever its program. */
export interface NodeBase {
  /** Unique in the engine: `us-west-2/shop/0001`. */
  readonly key: string
  /** Spread over workers together: `us-west-2/shop`. */
  readonly cluster: string
  readonly incarnation: number
  readonly addresses: readonly string[]
  readonly port: number
  readonly engineVersion: string
  /** Bytes for items. */
  readonly memoryLimit: number
  readonly threads: number
  readonly tls: { readonly key: string; readonly cert: string } | null
  /** Clients that may connect from the start; {@link NodeRuntime.allow} changes it. */
  readonly ingress: readonly IngressRule[]
}

/** Where a node has its files, and what it knows the engine by. */
export interface NodeFiles {
  /** Its socket: only what comes through the relay before it reaches it. */
  readonly socket: string
  readonly log: string
  /** For a server that has more than one. */
  readonly directory: string
  /** Where files lie that servers can be started with. */
  readonly snapshots: string
  /** Where log streams are. */
  readonly logs: string
  /** Only this engine knows it, and those after it with this state. */
  readonly secret: string
  readonly serverPlaces: ServerPlaces
}

export type NodeSpec<P extends ProgramName = ProgramName> = {
  readonly [K in P]: NodeBase &
    ProgramSettings<K> &
    (K extends ProgramWithFiles ? { readonly files: NodeFiles } : unknown)
}[P]

/** What can change of a node while it runs: bytes for items, and what its program's settings say. */
export type LiveSettings<P extends ProgramName = ProgramName> = {
  readonly [K in P]: Pick<NodeBase, 'memoryLimit'> & Programs[K]['live']
}[P]

/** What a client had done to the list of nodes that a node answers with. */
export type Loss = Extract<EventFacts, { kind: 'node-list-restored' }>['loss']

/** A client that logs in with a token of IAM. */
export interface Login {
  readonly user: string
  readonly token: string
  /** Its address. */
  readonly from: string
}

/** Counters of a running node, as its process or thread reports them. */
export interface NodeCounters {
  readonly worker: number | null
  /** Of a node that is a process of its own. */
  readonly pid: number | null
  readonly connections: number
  readonly items: number
  readonly bytes: number
  readonly memoryBytes: number
  /** Of serverless caches; 0 on nodes. */
  readonly ecpus: number
  readonly throttled: number
}

/** Code of the error with which a node's start fails when what was to run it ended. */
export const NODE_ENDED = 'NODE_ENDED'

/** Every promise settles when the effect is there: a started node answers, an announced list is what clients get. */
export interface NodeRuntime {
  /** Rejects with the system's error code (`EADDRINUSE`) and leaves nothing listening. */
  start(spec: NodeSpec): Promise<void>
  stop(key: string): Promise<void>
  /** Sets the discovery payload that the node answers with. */
  announce(key: string, payload: Buffer): Promise<void>
  /** From now on only these sources may connect; connections there are stay until they end. */
  allow(key: string, ingress: readonly IngressRule[]): Promise<void>
  /** Lets a node go by other settings of its program, those that can change while it runs. */
  adjust(key: string, live: LiveSettings): Promise<void>
  /** Makes a node suffer from faults to rehearse with; null: no longer. */
  impair(key: string, impairment: Impairment | null): Promise<void>
  /** New connections get this certificate; of nodes with TLS only. PEM. */
  renewCertificate(key: string, certificate: { readonly key: string; readonly cert: string }): Promise<void>
  /** How a server that replicates says it stands; undefined when it does not answer. */
  status(key: string): Promise<RedisStatus | undefined>
  /** Has a server of a cluster give slots to another one, keys and all. */
  moveSlots(key: string, move: SlotMove): Promise<SlotsMoved>
  /** Lets the node answer on the configuration endpoint's port as well, or no longer. */
  attach(key: string, addresses: readonly string[], port: number): Promise<void>
  detach(key: string, addresses: readonly string[], port: number): Promise<void>
  /** Writes every item to a file, all as of one moment; there is a whole file afterwards or none. Answers the items' bytes. */
  dump(key: string, file: string): Promise<number>
  /** Makes files of the data of some shards for others; answers what each takes in memory. */
  reshape(reshaping: Reshaping): Promise<number[]>
  /** Loads a file that `dump` wrote. Rejects when it is damaged. */
  restore(key: string, file: string): Promise<void>
  counters(): Promise<ReadonlyMap<string, NodeCounters>>
  /** What every running node has counted, for its metrics. A node that does not answer is left out. */
  readings(): Promise<ReadonlyMap<string, Reading>>
  /** Called with the keys of nodes that ended by themselves, and why. */
  onLost(listener: (keys: readonly string[], why: string) => void): void
  /** Called with a node that is a process of its own and has ended by itself: a signal, or an exit code. */
  onCrash(listener: (key: string, how: string) => void): void
  /** Called with what a client of a node logs in with; answers for how many milliseconds it may stay, 0: not at all. */
  onLogin(listener: (key: string, login: Login) => number): void
  /** Called with a node whose list of nodes a client changed, and that has put it back. */
  onRestored(listener: (key: string, loss: Loss) => void): void
  readonly workers: number
  close(): Promise<void>
}
