import type { EngineOptions } from '../../api/local-engine.ts'
import type { AuditedCall } from '../audit/audit.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import { Opened } from './opened.ts'

export interface StartOptions extends EngineOptions {
  readonly version: string
  /** The bundled worker of embedded nodes. */
  readonly workerFile: URL
  readonly log: (line: string) => void
  /** Hears of the calls of the API, of strangers' no more than are recorded one by one. */
  readonly onCall?: (call: AuditedCall) => void
  readonly clock?: Clock
  readonly random?: () => number
  /** Where free ports for serverless caches, which cannot ask for one, are looked for from; absent: from the port of their engine. */
  readonly serverlessPort?: number
  /** Called when a client asks that the engine stop. */
  readonly onStop?: () => void
  /** Called when the state directory is found to be gone: no change can be kept any more. */
  readonly onGone?: () => void
}

/** A start under way: what was asked for, and what has been opened so far. */
export type Start = StartOptions & Required<Pick<StartOptions, 'clock' | 'random'>> & { readonly opened: Opened }

/** What the parts of an engine start with; nothing has been opened yet. */
export const begin = (options: StartOptions): Start => ({
  clock: systemClock,
  random: Math.random,
  ...options,
  opened: new Opened(),
})
