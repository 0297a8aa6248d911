import type { ChainTable } from '../memory/chain-table.ts'

/** As many numbers below `size` as asked for, none of them twice. @param count At most `size`. */
export function distinctIndexes(random: () => number, count: number, size: number): Set<number> {
  const chosen = new Set<number>()
  // Floyd: the last that may be chosen grows by one a turn, and is taken where the drawn one has been.
  for (let last = size - count; last < size; last++) {
    const drawn = Math.floor(random() * (last + 1))
    chosen.add(chosen.has(drawn) ? last : drawn)
  }
  return chosen
}

// From this share on, members that were drawn before would come up too often.
const MANY = 1 / 3

/** As many members of a table as asked for, none of them twice. @param count At most as many as there are. */
export function distinctMembers(random: () => number, count: number, table: ChainTable): Iterable<number> {
  const chosen = new Set<number>()
  if (count < table.count * MANY) {
    while (chosen.size < count) chosen.add(table.random(random))
    return chosen
  }
  const members: number[] = []
  table.each((member) => members.push(member))
  for (const index of distinctIndexes(random, count, members.length)) {
    const member = members[index]
    if (member !== undefined) chosen.add(member)
  }
  return chosen
}
