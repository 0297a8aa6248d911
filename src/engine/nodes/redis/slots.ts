/** Slots on their way from one primary to another. */
import type net from 'node:net'
import { isError, itemsOf, type Reply, wholeOf } from '../../../protocols/resp/reply.ts'
import { Operator } from './operator.ts'
import { ENGINE_USER, type Keys } from './restricted.ts'

/** Keys that travel together. */
const KEYS = 100
/** Until a value that is on its way has to be there: while it is, neither server does anything else. */
const MIGRATE_MS = 60_000
/**
 * A primary with replicas answers SETSLOT when they have it too: on one connection, one slot after the other. On a busy machine most of
 * that is waiting for turns, which all that are side by side wait for together.
 */
const SIDE_BY_SIDE = 64
const LOOPBACK = '127.0.0.1'

/** Slots that a primary gives to another one. */
export interface SlotMove {
  readonly slots: readonly number[]
  readonly to: { readonly nodeId: string; readonly innerPort: number }
  /** They stay halfway: both servers know that they are on their way, and nothing more is done. */
  readonly beginsOnly?: boolean
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
export async function moveSlots({ nodeId, keys, socket }: Giver, { slots, to, beginsOnly }: SlotMove): Promise<number> {
  const givers = operatorsOf({ path: socket }, keys)
  const takers = operatorsOf({ host: LOOPBACK, port: to.innerPort }, keys)
  const [giver] = givers
  try {
    const importing = await setSlots(takers, slots, 'IMPORTING', nodeId)
    // It has arrived already.
    const left = slots.filter((_, index) => !refuses(importing[index], /already the owner/))
    expectAll(await setSlots(givers, left, 'MIGRATING', to.nodeId))
    if (beginsOnly) return 0
    const counts = await giver.send(left.map((slot) => ['CLUSTER', 'COUNTKEYSINSLOT', slot]))
    let moved = 0
    for (const [index, slot] of left.entries()) {
      if (wholeOf(counts[index] ?? null) !== 0n) moved += await moveKeys(giver, slot, to.innerPort, keys)
    }
    // The taker first: were both to end in between, the slot would have no owner the other way round.
    expectAll(await setSlots(takers, left, 'NODE', to.nodeId))
    // What had arrived before, too: it may not have heard of it.
    expectAll(await setSlots(givers, slots, 'NODE', to.nodeId))
    return moved
  } finally {
    for (const operator of [...givers, ...takers]) operator.close()
  }
}

type Operators = readonly [Operator, ...Operator[]]

/** They connect when something is asked of them. */
function operatorsOf(place: net.NetConnectOpts, { password }: Keys): Operators {
  const operator = () => new Operator(place, password, MIGRATE_MS)
  return [operator(), ...Array.from({ length: SIDE_BY_SIDE - 1 }, operator)]
}

/** The replies in the order of the slots. */
async function setSlots(operators: Operators, slots: readonly number[], ...how: string[]): Promise<Reply[]> {
  const size = Math.ceil(slots.length / operators.length)
  const shares = operators.map((operator, index) => {
    const share = slots.slice(index * size, (index + 1) * size)
    return share.length > 0 ? operator.send(share.map((slot) => ['CLUSTER', 'SETSLOT', slot, ...how])) : []
  })
  return (await Promise.all(shares)).flat()
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
