import type { Client } from '../client.ts'
import type { Args } from '../protocol/args.ts'
import { cursorFrom, scanOptions } from './generic.ts'

/** Takes a member, whose first word is what MATCH is held against. */
export type TakeMember = (...words: readonly Buffer[]) => void
/** Gives the members at a cursor of the collection of an entry to `take`, and answers the next; 0: those were the last. */
export type ScanStep = (entry: number, cursor: number, take: TakeMember) => number

/** HSCAN, SSCAN and ZSCAN. */
export function scanMembers(client: Client, args: Args, type: number, step: ScanStep): void {
  const { db, replies } = client
  let cursor = cursorFrom(client, args, 2)
  const entry = db.readOf(type, args, 1)
  const found: Buffer[] = []
  if (entry === 0) cursor = 0
  else {
    const { count, fits, onlyNames } = scanOptions(client, args, 3, type)
    // Empty places of a table are gone over, but not for ever.
    let left = 10 * count
    let seen = 0
    do {
      cursor = step(entry, cursor, (...words) => {
        seen++
        const [name, ...rest] = words
        if (name === undefined || !fits(name.toString('latin1'))) return
        found.push(name)
        if (!onlyNames) found.push(...rest)
      })
    } while (cursor !== 0 && --left > 0 && seen < count)
  }
  replies.array(2)
  replies.bulkText(String(cursor))
  replies.array(found.length)
  for (const word of found) replies.bulkBytes(word)
}
