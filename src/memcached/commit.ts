import type { Connection } from './connection.ts'
import { EXPTIME } from './store/item.ts'
import { commit, type StoreOutcome, storedItem } from './store/operations.ts'

/** Stores the item whose value a connection has sent, as it asked, and tells those who watch. */
export function commitFrom(connection: Connection, item: number, mayBeStale = false): StoreOutcome {
  const { core, mode, casLow, casHigh } = connection
  const { store, counters, watchers } = core
  if (watchers === undefined) return commit(store, counters, item, mode, casLow, casHigh, mayBeStale)
  const told = (of: number): [ttl: number, classId: number, bytes: number] => {
    const exptime = store.slabs.word(of, EXPTIME)
    return [exptime === 0 ? 0 : exptime - store.now, store.classOf(of), store.valueBytes(of) - 2]
  }
  const key = store.keyText(item)
  const sent = told(item)
  const outcome = commit(store, counters, item, mode, casLow, casHigh, mayBeStale)
  // What append and prepend store is another item than the one that was sent.
  watchers.stored(connection, key, outcome.replaceAll(' ', '_'), ...(outcome === 'stored' ? told(storedItem) : sent))
  return outcome
}
