/** Slots on their way from one primary to another. */
import type net from 'node:net'
import type { Command } from '../../../protocols/resp/encode.ts'
import { isError, itemsOf, type Reply, wholeOf } from '../../../protocols/resp/reply.ts'
import { Operator } from './operator.ts'
import { handOnFunctions } from './reshape.ts'
import { ENGINE_USER, type Keys } from './restricted.ts'
import type { Server } from './server.ts'

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

/** "Larger than 256 MB after serialization" (guide); what it takes in memory stands for that, as it is cheap to ask. */
const LARGEST_VALUE = 256 * 2 ** 20

/** Slots that a primary gives to another one. */
export interface SlotMove {
  readonly slots: readonly number[]
  readonly to: {
    readonly nodeId: string
    readonly innerPort: number
    /** It has had no slots yet: functions, which every primary has, it gets as well. */
    readonly isNew?: boolean
  }
  /** They stay halfway: both servers know that they are on their way, and nothing more is done. */
  readonly beginsOnly?: boolean
}

/** A slot that stays where it is: the other server has no room for its keys, or one of them is too large to travel. */
export interface KeptSlot {
  readonly slot: number
  readonly why: 'full' | 'large'
}

export interface SlotsMoved {
  readonly keys: number
  readonly kept: readonly KeptSlot[]
}

export interface Giver {
  readonly nodeId: string
  readonly keys: Keys
  /** How the engine gets to the server that has the slots. */
  readonly socket: string
  readonly innerPort: number
  /** {@link Server.give}, of the server that has the slots; those that get them take many at once, too. */
  readonly give?: Server['give']
}

/**
 * Moves slots with their keys; clients are redirected meanwhile. What was broken off is done by doing it again: slots that have
 * arrived are left alone. Slots whose keys cannot move are given up, and stay whole.
 */
export async function moveSlots(
  { nodeId, keys, socket, innerPort, give }: Giver,
  { slots, to, beginsOnly }: SlotMove,
  largest = LARGEST_VALUE,
): Promise<SlotsMoved> {
  // A part of the engine waits for no replica.
  const count = give ? 1 : SIDE_BY_SIDE
  const givers = operatorsOf({ path: socket }, keys, count)
  const takers = operatorsOf({ host: LOOPBACK, port: to.innerPort }, keys, count)
  const [giver] = givers
  const [taker] = takers
  try {
    if (to.isNew) await handOnFunctions(giver, [taker], 'REPLACE')
    const importing = await setSlots(takers, slots, 'IMPORTING', nodeId)
    // It has arrived already.
    const left = slots.filter((_, index) => !refuses(importing[index], /already the owner/))
    expectAll(await setSlots(givers, left, 'MIGRATING', to.nodeId))
    if (beginsOnly) return { keys: 0, kept: [] }
    const counts = await giver.send(left.map((slot) => ['CLUSTER', 'COUNTKEYSINSLOT', slot]))
    let moved = 0
    const kept: KeptSlot[] = []
    for (const [index, slot] of left.entries()) {
      if (wholeOf(counts[index] ?? null) === 0n) continue
      // What did not fit before it does not fit after it.
      const isFull = kept.some(({ why }) => why === 'full')
      const outcome = isFull ? 'full' : await moveKeys(giver, slot, { port: to.innerPort, keys, largest })
      if (typeof outcome === 'number') moved += outcome
      else kept.push({ slot, why: outcome })
    }
    const staying = kept.map(({ slot }) => slot)
    // From then on clients are not sent to the other server; what had moved comes back at once.
    expectAll(await setSlots(givers, staying, 'STABLE'))
    for (const slot of staying) await giveBack(taker, slot, { port: innerPort, keys })
    expectAll(await setSlots(takers, staying, 'STABLE'))
    const goes = (slot: number) => !staying.includes(slot)
    // The taker first: were both to end in between, the slot would have no owner the other way round.
    if (give) await takeSlots(taker, left.filter(goes))
    else expectAll(await setSlots(takers, left.filter(goes), 'NODE', to.nodeId))
    // What had arrived before, too: it may not have heard of it.
    if (give) give(slots.filter(goes), to.nodeId)
    else expectAll(await setSlots(givers, slots.filter(goes), 'NODE', to.nodeId))
    return { keys: moved, kept }
  } finally {
    for (const operator of [...givers, ...takers]) operator.close()
  }
}

type Operators = readonly [Operator, ...Operator[]]

/** They connect when something is asked of them. */
function operatorsOf(place: net.NetConnectOpts, { password }: Keys, count: number): Operators {
  const operator = () => new Operator(place, password, MIGRATE_MS)
  return [operator(), ...Array.from({ length: count - 1 }, operator)]
}

/** From whoever has them, to itself. */
async function takeSlots(taker: Operator, slots: readonly number[]): Promise<void> {
  if (slots.length === 0) return
  const [, added = null] = await taker.send([
    ['CLUSTER', 'DELSLOTS', ...slots],
    ['CLUSTER', 'ADDSLOTS', ...slots],
  ])
  expectAll([added])
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

interface Road {
  /** Of the server that keys go to. */
  readonly port: number
  readonly keys: Keys
}

/** Answers how many have moved, or why one could not. */
async function moveKeys(
  giver: Operator,
  slot: number,
  { largest, ...road }: Road & { readonly largest: number },
): Promise<number | KeptSlot['why']> {
  for (let moved = 0; ; ) {
    const names = await keysIn(giver, slot)
    if (names.length === 0) return moved
    if (await isAnyLarger(giver, names, largest)) return 'large'
    // REPLACE: a move that was broken off may have left a copy; the owner of the slot has what is true.
    const [said = null] = await giver.send([migration(names, road, 'REPLACE')])
    if (isError(said) && /\bOOM\b/.test(said.text)) return 'full'
    if (isError(said)) throw new Error(`MIGRATE: ${said.code} ${said.text}`)
    moved += names.length
  }
}

const keysIn = async (operator: Operator, slot: number): Promise<Buffer[]> =>
  itemsOf(await operator.ask('CLUSTER', 'GETKEYSINSLOT', slot, KEYS)).filter(Buffer.isBuffer)

const migration = (names: readonly Buffer[], { port, keys }: Road, ...how: string[]): Command => {
  const login = ['AUTH2', ENGINE_USER, keys.password, 'KEYS']
  return [keys.nameOf('migrate'), LOOPBACK, port, '', 0, MIGRATE_MS, ...how, ...login, ...names]
}

/** A server that has not so much in all is not asked of each key. */
async function isAnyLarger(giver: Operator, names: readonly Buffer[], largest: number): Promise<boolean> {
  if (Number((await giver.info('memory')).get('used_memory')) < largest) return false
  const sizes = await giver.send(names.map((name) => ['MEMORY', 'USAGE', name]))
  return sizes.some((size) => (wholeOf(size) ?? 0n) > BigInt(largest))
}

/** What clients have written at the owner since is newer than what comes back. */
async function giveBack(taker: Operator, slot: number, road: Road): Promise<void> {
  for (;;) {
    const names = await keysIn(taker, slot)
    if (names.length === 0) return
    for (const name of names) {
      const [said = null] = await taker.send([migration([name], road)])
      if (!isError(said)) continue
      if (!/BUSYKEY/.test(said.text)) throw new Error(`MIGRATE: ${said.code} ${said.text}`)
      await taker.send([['ASKING'], ['DEL', name]])
    }
  }
}

const refuses = (reply: Reply | undefined, why: RegExp): boolean =>
  reply !== undefined && isError(reply) && why.test(reply.text)

function expectAll(replies: readonly Reply[]): void {
  for (const reply of replies) if (isError(reply)) throw new Error(`CLUSTER SETSLOT: ${reply.text}`)
}
