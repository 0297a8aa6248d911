/** Where a relay sends connections, and how they are shared out. */
import { endpoint } from '../net/target.ts'

export interface BackendPlace {
  readonly host: string
  readonly port: number
  /** Shares of new connections; 0: none, what is open stays. */
  readonly weight: number
}

export class Backend {
  readonly host: string
  readonly port: number
  /** As typed; how it is called in counters and by `proxy weight`. */
  readonly name: string
  weight: number
  up = true
  /** Why it is out. */
  reason: string | undefined
  /** Failed connections and checks in a row. */
  failures = 0
  /** How long the last check took; undefined before the first and where none is made. */
  checkMs: number | undefined
  /** Of smooth weighted round robin. */
  credit = 0

  constructor({ host, port, weight }: BackendPlace) {
    this.host = host
    this.port = port
    this.weight = weight
    this.name = endpoint(host, port)
  }
}

/**
 * Smooth weighted round robin, as nginx has it: of every 100 connections exactly 80 go to a weight of 80, well mixed.
 * Back ends that are out, or were tried for this connection, are passed over; when all are out, they are tried all the
 * same, for a check may be wrong and a refusal helps no client.
 */
export function chooseBackend(all: readonly Backend[], tried: ReadonlySet<Backend> = new Set()): Backend | undefined {
  const weighted = all.filter((each) => each.weight > 0 && !tried.has(each))
  const alive = weighted.filter(({ up }) => up)
  const candidates = alive.length > 0 ? alive : weighted
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0)
  let best: Backend | undefined
  for (const each of candidates) {
    each.credit += each.weight
    if (best === undefined || each.credit > best.credit) best = each
  }
  if (best) best.credit -= total
  return best
}
