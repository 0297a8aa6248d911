/** Which slots go from which shard to which, so that all shards that stay have as many as each other. Pure. */
import type { ShardRecord, ShardSlots, SlotRange } from '../../store/records.ts'
import { SLOTS } from './slots.ts'

type Part = Pick<ShardRecord, 'id' | 'slots'>

/** Slots that go together. */
export interface SlotsToMove {
  readonly from: string
  readonly to: string
  readonly slots: readonly number[]
}

/** What shards are to have that are to stay: each its share, and as few slots move as can be. */
export function evenTargets(shards: readonly Part[], staying: readonly string[]): ShardSlots[] {
  const share = Math.floor(SLOTS / staying.length)
  const odd = SLOTS % staying.length
  const held = new Map(shards.map(({ id, slots }) => [id, slotsIn(slots)]))
  const heldBy = (id: string) => held.get(id) ?? []
  // Those with most keep what does not divide evenly.
  const byLoad = [...staying].sort((a, b) => heldBy(b).length - heldBy(a).length)
  const dueTo = (id: string) => share + (byLoad.indexOf(id) < odd ? 1 : 0)
  const kept = new Map(staying.map((id) => [id, heldBy(id).slice(0, dueTo(id))]))
  const keptOf = (id: string) => kept.get(id) ?? []
  const free = shards.flatMap(({ id }) => heldBy(id).slice(keptOf(id).length)).sort((a, b) => a - b)
  return staying.map((id) => {
    const own = keptOf(id)
    return { id, slots: rangesOf([...own, ...free.splice(0, dueTo(id) - own.length)]) }
  })
}

/** How many slots are not yet where they are to be. */
export const slotsLeft = (shards: readonly Part[], targets: readonly ShardSlots[]): number =>
  astray(shards, targets).length

/** The next ones that go from one shard to another, `most` at most; undefined: all are where they are to be. */
export function nextMove(
  shards: readonly Part[],
  targets: readonly ShardSlots[],
  most: number,
): SlotsToMove | undefined {
  const all = astray(shards, targets)
  const [first] = all
  if (!first) return undefined
  const together = all.filter(({ from, to }) => from === first.from && to === first.to).slice(0, most)
  return { from: first.from, to: first.to, slots: together.map(({ slot }) => slot) }
}

/** The shards once these have moved. */
export function withMoved<S extends Part>(shards: readonly S[], { to, slots }: SlotsToMove): S[] {
  const moved = new Set(slots)
  return shards.map((shard) => {
    const others = slotsIn(shard.slots).filter((slot) => !moved.has(slot))
    return { ...shard, slots: rangesOf(shard.id === to ? [...others, ...moved] : others) }
  })
}

/** What shards are to have when these slots stay where they are. */
export const withKept = (
  targets: readonly ShardSlots[],
  from: string,
  slots: readonly number[],
): readonly ShardSlots[] => {
  const all = targets.some(({ id }) => id === from) ? targets : [...targets, { id: from, slots: [] }]
  return withMoved(all, { from: '', to: from, slots })
}

function astray(shards: readonly Part[], targets: readonly ShardSlots[]) {
  const wanted = ownersOf(targets)
  return ownersOf(shards).flatMap((from, slot) => {
    const to = wanted[slot]
    return from === undefined || to === undefined || from === to ? [] : [{ slot, from, to }]
  })
}

/** The shard of each slot. */
function ownersOf(parts: readonly Part[]): (string | undefined)[] {
  const owners = new Array<string | undefined>(SLOTS).fill(undefined)
  for (const { id, slots } of parts) for (const [first, last] of slots) owners.fill(id, first, last + 1)
  return owners
}

const slotsIn = (ranges: readonly SlotRange[]): number[] =>
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index))

function rangesOf(slots: readonly number[]): SlotRange[] {
  const ranges: [number, number][] = []
  for (const slot of [...slots].sort((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last && last[1] === slot - 1) last[1] = slot
    else ranges.push([slot, slot])
  }
  return ranges
}
