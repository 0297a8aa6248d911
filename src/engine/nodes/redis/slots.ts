/** Slots on their way from one primary to another. */
import { isError, itemsOf, type Reply, wholeOf } from '../../../protocols/resp/reply.ts'
import { Operator } from './operator.ts'
import { ENGINE_USER, type Keys } from './restricted.ts'

/** Keys that travel together. */
const KEYS = 100
/** Until a value that is on its way has to be there: while it is, neither server does anything else. */
const MIGRATE_MS = 60_000
const LOOPBACK = '127.0.0.1'

/** Slots that a primary gives to another one. */
export interface SlotMove {
  readonly slots: readonly number[]
  readonly to: { readonly nodeId: string; readonly innerPort: number }
}

export interface Giver {
  readonly nodeId: string
  readonly keys: Keys
  /** How the engine gets to the server that has the slots. */
  readonly socket: string
}

/**
 * Moves slots with their keys; clients are redirected meanwhile. What was broken off is done by doing it again: slots that have
 * arrived are left alone. Answers how many keys have moved.
 */
export async function moveSlots({ nodeId, keys, socket }: Giver, { slots, to }: SlotMove): Promise<number> {
  const giver = new Operator({ path: socket }, keys.password, MIGRATE_MS)
  const taker = new Operator({ host: LOOPBACK, port: to.innerPort }, keys.password, MIGRATE_MS)
  const set = (slot: number, ...how: string[]) => ['CLUSTER', 'SETSLOT', slot, ...how]
  try {
    const importing = await taker.send(slots.map((slot) => set(slot, 'IMPORTING', nodeId)))
    // It has arrived already.
    const left = slots.filter((_, index) => !refuses(importing[index], /already the owner/))
    expectAll(await giver.send(left.map((slot) => set(slot, 'MIGRATING', to.nodeId))))
    const counts = await giver.send(left.map((slot) => ['CLUSTER', 'COUNTKEYSINSLOT', slot]))
    let moved = 0
    for (const [index, slot] of left.entries()) {
      if (wholeOf(counts[index] ?? null) !== 0n) moved += await moveKeys(giver, slot, to.innerPort, keys)
    }
    // The taker first: were both to end in between, the slot would have no owner the other way round.
    expectAll(await taker.send(left.map((slot) => set(slot, 'NODE', to.nodeId))))
    // What had arrived before, too: it may not have heard of it.
    expectAll(await giver.send(slots.map((slot) => set(slot, 'NODE', to.nodeId))))
    return moved
  } finally {
    giver.close()
    taker.close()
  }
}

async function moveKeys(giver: Operator, slot: number, port: number, { password, nameOf }: Keys): Promise<number> {
  for (let moved = 0; ; ) {
    const names = itemsOf(await giver.ask('CLUSTER', 'GETKEYSINSLOT', slot, KEYS)).filter(Buffer.isBuffer)
    if (names.length === 0) return moved
    // REPLACE: a move that was broken off may have left a copy; the owner of the slot has what is true.
    const how = ['REPLACE', 'AUTH2', ENGINE_USER, password, 'KEYS']
    await giver.ask(nameOf('migrate'), LOOPBACK, port, '', 0, MIGRATE_MS, ...how, ...names)
    moved += names.length
  }
}

const refuses = (reply: Reply | undefined, why: RegExp): boolean =>
  reply !== undefined && isError(reply) && why.test(reply.text)

function expectAll(replies: readonly Reply[]): void {
  for (const reply of replies) if (isError(reply)) throw new Error(`CLUSTER SETSLOT: ${reply.text}`)
}
