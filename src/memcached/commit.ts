import type { Client } from './client.ts'
import { EXPTIME } from './store/item.ts'
import { commit, type StoreOutcome, storedItem } from './store/operations.ts'

/** Stores the item whose value a client has sent, as it asked, and tells the clients that watch. */
export function commitFrom(client: Client, item: number, mayBeStale = false): StoreOutcome {
  const { core, mode, casLow, casHigh } = client
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
  watchers.stored(client, key, outcome.replaceAll(' ', '_'), ...(outcome === 'stored' ? told(storedItem) : sent))
  return outcome
}
