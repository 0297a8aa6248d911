import { resources } from '../../api/catalog/resources.ts'
import { errorMessage } from '../../api/thrown.ts'
import type { Store } from '../store/store.ts'
import type { Loss } from './runtime.ts'
import { type NodeKey, nameOf } from './wanted.ts'

/** A client that goes on changing the list of a node is told of once in that time. */
const SILENCE_MS = 60_000

/** Tells that clients changed lists of nodes, and that the nodes have put them back: the log, and an event of the cluster. */
export class RestoredLists {
  readonly #store: Store
  readonly #now: () => number
  readonly #log: (line: string) => void
  /** When each node was last told of. */
  readonly #told = new Map<string, number>()

  /** @param now Time of the engine. */
  constructor(store: Store, now: () => number, log: (line: string) => void) {
    this.#store = store
    this.#now = now
    this.#log = log
  }

  tell(key: NodeKey, loss: Loss): void {
    const { region, kind, id, node } = key
    const name = nameOf(key)
    const now = this.#now()
    for (const [other, at] of this.#told) if (now - at >= SILENCE_MS) this.#told.delete(other)
    if (this.#told.has(name)) return
    this.#told.set(name, now)
    this.#log(`node ${name}: a client had ${loss} its list of nodes, which is restored`)
    if (kind !== 'cluster' || !this.#store.get(kind, region, id)) return
    const event = { kind: 'node-list-restored', node, loss } as const
    try {
      this.#store.change((change) => {
        change.addEvent({ region, sourceType: resources.cluster.sourceType, sourceIdentifier: id, event, date: now })
      })
    } catch (error) {
      this.#log(`no event tells of it: ${errorMessage(error)}`) // a full disk
    }
  }
}
