/** What `GET` and `POST` of the clock's control route say. Times are ISO 8601, lengths milliseconds. */
export interface ClockReport {
  readonly now: string
  /** How far the engine is ahead of the machine. */
  readonly aheadMs: number
}

export type ClockRequest = { readonly advanceMs: number } | { readonly set: string }
