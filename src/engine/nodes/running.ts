import type { Impairment } from '../../net/serve/impairment.ts'
import type { ListenAddress } from '../../net/serve/listener.ts'
import type { Places } from '../../net/serve/server.ts'
import type { IngressRule } from '../network/ingress.ts'
import type { Reading } from './readings.ts'
import type { RedisStatus } from './redis/node.ts'
import type { SlotMove, SlotsMoved } from './redis/slots.ts'
import type { LiveSettings, Loss, NodeCounters, NodeSpec, ProgramName } from './runtime.ts'

/** A node that runs, as its worker sees it: whatever its program is, and whether that is in this thread or a process of its own. */
export interface RunningNode<P extends ProgramName = ProgramName> {
  /** Throws the system's error, and nothing stays open then. */
  listen(address: ListenAddress): Promise<unknown>
  unlisten(address: ListenAddress): Promise<void>
  /** From now on only these sources may connect. */
  allow(rules: readonly IngressRule[]): void
  /** Sets what it answers to clients that ask for the list of nodes. Absent: its engine has no such list. */
  announce?(payload: Buffer): void | Promise<void>
  adjust(live: LiveSettings<P>): void | Promise<void>
  impair(impairment: Impairment | null): void
  /** How it says it stands. Absent: it does not replicate. Rejects when it does not answer. */
  status?(): Promise<RedisStatus>
  /** Gives slots to another one of its cluster. Absent: it is in none. */
  moveSlots?(move: SlotMove): Promise<SlotsMoved>
  renewCertificate(pem: { readonly key: string; readonly cert: string }): void
  counters(): OwnCounters | Promise<OwnCounters>
  /** Undefined when it does not answer. `cpu_seconds` are NaN where it cannot tell its own from those of its thread. */
  reading(): Reading | undefined | Promise<Reading | undefined>
  /** Absent: its items are out of the engine's reach. */
  readonly items?: Items
  /** Absent: it ends with its worker only. The listener hears what ended by itself, and how: a signal, or an exit code. */
  onEnd?(listener: (how: string) => void): void
  stop(): Promise<void>
  /** Closes what clients come through, and leaves its server to the next start. Absent: it has none that could go on. */
  leave?(): void | Promise<void>
}

/** What a node counts of itself; which worker has it, the engine knows. */
export type OwnCounters = Omit<NodeCounters, 'worker'>

/** The items of a node, as a file. */
export interface Items {
  /** Writes all of them to a file, as of one moment. Answers their bytes. */
  dump(file: string): number | Promise<number>
  /** Loads a file that `dump` wrote. Rejects when it is damaged. Absent: a node is started with it instead. */
  restore?(file: string): Promise<void>
}

/** What nodes of a thread have from it. */
export interface NodeHost {
  /** What of the connections of all nodes together it may have; undefined: no bound is known. */
  readonly places: Places | undefined
  /** To be told when a client changed the list of nodes, and it is back. */
  readonly restored: (loss: Loss) => void
  /** Answers for how many milliseconds a client with a token of IAM may stay; 0: not at all. */
  readonly checkLogin: (user: string, token: string, from: string) => Promise<number>
}

/** Rejects, or throws, with what a node cannot start with. */
export type Start<P extends ProgramName> = (
  spec: NodeSpec<P>,
  host: NodeHost,
) => RunningNode<P> | Promise<RunningNode<P>>
