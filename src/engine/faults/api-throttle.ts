import { Fault } from '../../api/faults.ts'
import type { Call } from '../http/call.ts'
import type { FaultOf } from '../store/records.ts'
import type { Store } from '../store/store.ts'

interface Bucket {
  calls: number
  at: number
}

/** Lets as many calls per second through as the faults in effect say: a bucket for each, full at first. */
export class ApiThrottle {
  readonly #store: Store
  readonly #buckets = new Map<string, Bucket>()

  constructor(store: Store) {
    this.#store = store
  }

  /** Throws AWS's Throttling when a call is one too many. `now` is in milliseconds. */
  check({ operation }: Call, { region, now }: { region: string; now: number }): void {
    for (const fault of this.#store.list('fault', region)) {
      if (fault.kind !== 'api-throttling') continue
      if (fault.operation !== undefined && fault.operation !== operation) continue
      if (!this.#take(fault, now)) throw new Fault('Throttling', 'Rate exceeded')
    }
  }

  #take({ region, id, rate: perSecond, since }: FaultOf<'api-throttling'>, now: number): boolean {
    const key = `${region}/${id}/${since}`
    const bucket = this.#buckets.get(key) ?? { calls: perSecond, at: now }
    this.#buckets.set(key, bucket)
    bucket.calls = Math.min(perSecond, bucket.calls + ((now - bucket.at) / 1000) * perSecond)
    bucket.at = now
    if (bucket.calls < 1) return false
    bucket.calls--
    return true
  }
}
