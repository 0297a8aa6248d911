import { wordAt } from '../net/bytes.ts'
import { SocketCounters } from '../net/serve/socket-counters.ts'

const CLASSES = 64

/** What a node counts about its requests; `stats reset` sets it to zero. */
export class Counters extends SocketCounters {
  cmdGet = 0
  cmdFlush = 0
  cmdTouch = 0
  cmdMeta = 0
  getMisses = 0
  deleteMisses = 0
  incrMisses = 0
  decrMisses = 0
  casMisses = 0
  touchMisses = 0
  connectionYields = 0
  idleKicks = 0
  crawlerStarts = 0
  juggles = 0
  cmdConfigGet = 0
  cmdConfigSet = 0
  authCommands = 0
  authErrors = 0
  storeTooLarge = 0
  storeNoMemory = 0
  // By slab class, as `stats slabs` shows them.
  readonly cmdSet = new Float64Array(CLASSES)
  readonly touchHits = new Float64Array(CLASSES)
  readonly deleteHits = new Float64Array(CLASSES)
  readonly incrHits = new Float64Array(CLASSES)
  readonly decrHits = new Float64Array(CLASSES)
  readonly casHits = new Float64Array(CLASSES)
  readonly casBadval = new Float64Array(CLASSES)

  // Reset by assignment of a new set would leave verbs holding the old one.
  reset(): void {
    const zero = new Counters()
    for (const [name, value] of Object.entries(this)) {
      if (value instanceof Float64Array) value.fill(0)
      else Object.assign(this, { [name]: Reflect.get(zero, name) })
    }
  }
}

export function sum(counts: Float64Array): number {
  let total = 0
  for (let i = 0; i < counts.length; i++) total += wordAt(counts, i)
  return total
}
