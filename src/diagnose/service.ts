/** How the API was found, and the engine behind it. */
import type { ServiceLook } from './service-look.ts'

/** The engine that a state directory speaks of. */
export interface EngineFacts {
  readonly pid: number
  /** `stopped`: by a signal or a debugger. `gone`: it left its name behind. `elsewhere`: in another PID namespace. */
  readonly state: 'running' | 'stopped' | 'gone' | 'starting' | 'elsewhere'
  readonly stateDir: string
  /** ISO 8601. */
  readonly startedAt?: string
}

export interface FailedCall {
  readonly operation: string
  /** Whether the service said so itself; otherwise there was no answer. */
  readonly answered: boolean
  /** The service's, or the system's. */
  readonly code?: string
  readonly message: string
  /** Of an answer over HTTP that is none of the service's: a page of a proxy, of a load balancer, of a sign-in. */
  readonly foreignStatus?: number
  /** How long it took. */
  readonly ms: number
}

/** JSON-able. */
export interface ServiceEvidence {
  readonly kind: 'local' | 'endpoint' | 'aws'
  /** Where calls go; absent while the region is unknown. */
  readonly url?: string
  /** The call that was to tell of clusters, and did not. */
  readonly failed?: FailedCall
  /** Where that failed and clusters are known from before: when they were told of. ISO 8601. */
  readonly lastKnownAt?: string
  readonly look?: ServiceLook
  readonly engine?: EngineFacts
}

/** Milliseconds by which this host is ahead of the API; absent where that did not tell its time. */
export const clockAheadMs = ({ look }: ServiceEvidence): number | undefined =>
  look?.clock && Date.parse(look.clock.here) - Date.parse(look.clock.there)

/** AWS takes signatures of five minutes before and after: a clock that is off as much as this is on its way there. */
export const CLOCK_OFF_MS = 240_000
