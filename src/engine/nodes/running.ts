import type { Impairment } from '../../net/serve/impairment.ts'
import type { ListenAddress } from '../../net/serve/listener.ts'
import type { IngressRule } from '../network/ingress.ts'
import type { Reading } from './readings.ts'
import type { NodeCounters, ServerlessLimits } from './runtime.ts'

/** A node that runs, as its worker sees it: whatever its program is, and whether that is in this thread or a process of its own. */
export interface RunningNode {
  /** Throws the system's error, and nothing stays open then. */
  listen(address: ListenAddress): Promise<unknown>
  unlisten(address: ListenAddress): Promise<void>
  /** From now on only these sources may connect. */
  allow(rules: readonly IngressRule[]): void
  /** Sets what it answers to those who ask for the list of nodes. */
  announce(payload: Buffer): void | Promise<void>
  allowWatch(allowed: boolean): void
  impair(impairment: Impairment | null): void
  renewCertificate(pem: { readonly key: string; readonly cert: string }): void
  counters(): OwnCounters | Promise<OwnCounters>
  /** Undefined when it does not answer. `cpu_seconds` are NaN where it cannot tell its own from those of its thread. */
  reading(): Reading | undefined | Promise<Reading | undefined>
  /** Absent: its items are out of the engine's reach. */
  readonly items?: Items
  /** Absent: it ends with its worker only. The listener hears how it ended by itself: a signal, or an exit code. */
  onEnd?(listener: (how: string) => void): void
  stop(): Promise<void>
}

/** What a node counts of itself; which worker has it, the engine knows. */
export type OwnCounters = Omit<NodeCounters, 'worker'>

/** The items of a node that are in this thread's memory. */
export interface Items {
  /** Over a new limit of memory, the coldest items go at once. */
  limit(limits: ServerlessLimits): void
  /** Writes all of them to a file, as of one moment. Answers their bytes. */
  dump(file: string): number
  /** Loads a file that `dump` wrote. Rejects when it is damaged. */
  restore(file: string): Promise<void>
}
