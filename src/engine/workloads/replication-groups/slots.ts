/** The 16384 slots that keys of a cluster fall into, and which shard has which. Pure. */
import type { SlotRange } from '../../store/records.ts'

export const SLOTS = 16_384

/** Equal shares; what does not divide evenly goes to the first shards. Of three AWS makes 0-5461, 5462-10922, 10923-16383. */
export function evenSlots(shards: number): SlotRange[] {
  const share = Math.floor(SLOTS / shards)
  const rest = SLOTS % shards
  const firstOf = (shard: number) => shard * share + Math.min(shard, rest)
  return Array.from({ length: shards }, (_, shard) => [firstOf(shard), firstOf(shard + 1) - 1])
}

/** As AWS prints them: `894-1767,3134-4443`. */
export const formatSlots = (ranges: readonly SlotRange[]): string =>
  ranges.map(([first, last]) => `${first}-${last}`).join(',')

/** Ranges in ascending order; undefined when the text is none, or names slots that there are not, or some twice. */
export function parseSlots(text: string): SlotRange[] | undefined {
  const ranges: SlotRange[] = []
  for (const part of text.split(',')) {
    const [, first, last = first] = /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(part) ?? []
    if (first === undefined || last === undefined) return undefined
    ranges.push([Number(first), Number(last)])
  }
  ranges.sort(([a], [b]) => a - b)
  return ranges.every(([first, last], index) => {
    const next = ranges[index + 1]
    return first <= last && last < SLOTS && (!next || next[0] > last)
  })
    ? ranges
    : undefined
}

/** Whether every slot is in one of the ranges, and in one only. */
export function coverAll(ranges: readonly SlotRange[]): boolean {
  const sorted = [...ranges].sort(([a], [b]) => a - b)
  const end = sorted.reduce((next, [first, last]) => (first === next ? last + 1 : Number.NaN), 0)
  return end === SLOTS
}
