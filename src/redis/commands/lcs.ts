import type { Client } from '../client.ts'
import { STRING } from '../keyspace/entry.ts'
import type { Args } from '../protocol/args.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'

const NOT_STRINGS = refusal('ERR The specified keys must contain string values')
const BOTH = refusal('ERR If you want both the length and indexes, please just use IDX.')
const TOO_MUCH = refusal('ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len')

interface Match {
  readonly a: readonly [number, number]
  readonly b: readonly [number, number]
}

/** LCS: the longest common subsequence of two strings. */
export function lcs({ core, db, replies }: Client, args: Args): void {
  const [a, b] = [1, 2].map((index) => {
    const entry = db.lookupRead(args, index)
    if (entry !== 0 && db.typeOf(entry) !== STRING) throw NOT_STRINGS
    return entry === 0 ? Buffer.alloc(0) : db.stringOf(entry)
  }) as [Buffer, Buffer] // of two
  let [asksIndexes, asksLength, withLengths, least] = [false, false, false, 0]
  for (let i = 3; i < args.count; i++) {
    if (args.is(i, 'IDX')) asksIndexes = true
    else if (args.is(i, 'LEN')) asksLength = true
    else if (args.is(i, 'WITHMATCHLEN')) withLengths = true
    else if (args.is(i, 'MINMATCHLEN') && i + 1 < args.count) least = Math.max(0, args.integer(++i))
    else throw SYNTAX
  }
  if (asksIndexes && asksLength) throw BOTH
  if ((a.length + 1) * (b.length + 1) * 4 > core.config.settings.maxBulk) throw TOO_MUCH
  const table = lengths(a, b)
  const whole = table[table.length - 1] ?? 0
  if (asksLength) {
    replies.integer(whole)
    return
  }
  const { text, matches } = walk(a, b, table, whole)
  if (!asksIndexes) {
    replies.bulkBytes(text)
    return
  }
  const shown = matches.filter((match) => match.a[1] - match.a[0] + 1 >= least)
  replies.map(2)
  replies.bulkText('matches')
  replies.array(shown.length)
  for (const match of shown) {
    replies.array(withLengths ? 3 : 2)
    for (const range of [match.a, match.b]) {
      replies.array(2)
      replies.integer(range[0])
      replies.integer(range[1])
    }
    if (withLengths) replies.integer(match.a[1] - match.a[0] + 1)
  }
  replies.bulkText('len')
  replies.integer(whole)
}

/** By rows of `a`: how long the longest is of what comes before each place. */
function lengths(a: Buffer, b: Buffer): Uint32Array {
  const width = b.length + 1
  const table = new Uint32Array((a.length + 1) * width)
  const at = (i: number): number => table[i] as number // within the table
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const here = i * width + j
      table[here] = a[i - 1] === b[j - 1] ? at(here - width - 1) + 1 : Math.max(at(here - width), at(here - 1))
    }
  }
  return table
}

/** Goes back from the end, as redis does, so that ranges come in its order. */
function walk(a: Buffer, b: Buffer, table: Uint32Array, whole: number): { text: Buffer; matches: Match[] } {
  const width = b.length + 1
  const text = Buffer.alloc(whole)
  const matches: Match[] = []
  const at = (place: number): number => table[place] as number // within the table
  let [i, j, left] = [a.length, b.length, whole]
  let open: { a: [number, number]; b: [number, number] } | undefined
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) {
      text[--left] = a[i - 1] as number // i > 0
      if (open && open.a[0] === i && open.b[0] === j) {
        open.a[0] = i - 1
        open.b[0] = j - 1
      } else {
        if (open) matches.push(open)
        open = { a: [i - 1, i - 1], b: [j - 1, j - 1] }
      }
      i--
      j--
    } else if (at((i - 1) * width + j) > at(i * width + j - 1)) i--
    else j--
  }
  if (open) matches.push(open)
  return { text, matches }
}
