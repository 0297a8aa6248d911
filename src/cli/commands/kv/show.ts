import { visibleBytes, visibleLine } from '../../../api/visible.ts'
import { written } from '../../../kv/dump.ts'
import { named } from '../../../kv/resp/named.ts'
import { type KeyView, lookAt, type Pair, type Row } from '../../../kv/resp/show.ts'
import { command } from '../../command.ts'
import { count } from '../../flag-kinds.ts'
import { bytesText } from '../../output/quantities.ts'
import type { Style } from '../../output/style.ts'
import { tableText } from '../../output/table.ts'
import { NotSo } from '../../problem.ts'
import { spanText } from '../../span.ts'
import { keyWord, onlyInResp, respFlags, whereWord, withKv } from './place.ts'

const DEFAULT_COUNT = 20

export const kvShow = command({
  summary: 'Show a key of any type: what it is, and the first of what it holds',
  description:
    'Of Redis OSS and Valkey: string, hash, list, set, sorted set and stream (its newest entries), with encoding, memory, time to live, slot and node. It tells how much is left out. Exit code 1: there is no such key.',
  words: { where: whereWord, key: keyWord },
  flags: {
    count: count({
      summary: `how many fields, elements, members or entries (default ${DEFAULT_COUNT})`,
      helpValue: '<number>',
      least: 1,
      most: 100_000,
      otherwise: DEFAULT_COUNT,
    }),
    ...respFlags,
  },
  forms: {},
  examples: ['kv show shop cart:17', 'kv show localhost:6379 visits --count 100 --output json'],
  run: ({ words: { where, key }, flags, print }) =>
    withKv(
      where,
      flags,
      onlyInResp(where, { lacks: 'has no types', instead: 'kv get prints a value.' }, async (client) => {
        const view = await lookAt(client, key, flags.count)
        if (!view) {
          throw new NotSo(`There is no key ${key}.`)
        }
        await print.answer(dataOf(key, view), (_, style) => textOf(key, view, style))
      }),
    ),
})

function dataOf(key: string, { value, rows, unit, length, ...facts }: KeyView) {
  return {
    key,
    ...facts,
    ...(length !== undefined && { length, unit }),
    ...(value && written(value)),
    ...(rows && { [unit]: rows.map(rowData) }),
  }
}

type RowData = Readonly<Record<string, string | readonly object[]>>

const rowData = (row: Row): RowData =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, held]): [string, string | object[]][] =>
      Buffer.isBuffer(held)
        ? Object.entries(named(name, held))
        : [[name, held.map(({ field, value }) => ({ ...named('field', field), ...named('value', value) }))]],
    ),
  )

function textOf(key: string, view: KeyView, style: Style): string {
  const { rows, value, left, unit } = view
  const parts = [headOf(key, view)]
  if (value) parts.push(visibleBytes(value))
  const [first] = rows ?? []
  if (rows && first) {
    const names = Object.keys(first)
    const cells = rows.map((row) => names.map((name) => cell(row[name] ?? [])))
    const heads = names.map((name) => ({ long: capitalised(name) }))
    parts.push(tableText(heads, cells, style))
  }
  if (left > 0) parts.push(`${left} more ${unitText(left, unit)}.`)
  return parts.join('\n')
}

/** `entries` as it is, or one of them. */
const unitText = (count: number, unit: string): string =>
  count === 1 ? unit.replace(/ies$/, 'y').replace(/s$/, '') : unit

function headOf(key: string, { type, encoding, memoryBytes, ttlMs, length, unit, slot, node }: KeyView): string {
  const facts = [
    type,
    length === undefined ? 'a type that cannot be looked into' : `${length} ${unitText(length, unit)}`,
    encoding,
    memoryBytes === undefined ? undefined : `${bytesText(memoryBytes)} of memory`,
    ttlMs === null ? 'for ever' : `for another ${spanText(ttlMs)}`,
    `slot ${slot}, on ${node}`,
  ]
  return `${visibleLine(key)}: ${facts.filter((fact) => fact !== undefined).join(', ')}`
}

const LONGEST_CELL = 200

/** On its line; of a long one the beginning. */
function cell(held: Buffer | readonly Pair[]): string {
  const bytes = Buffer.isBuffer(held) ? held : joined(held)
  const shown = visibleLine(visibleBytes(bytes))
  return shown.length <= LONGEST_CELL ? shown : `${shown.slice(0, LONGEST_CELL)}... (${bytes.length} bytes)`
}

/** `f=v g=w`. */
const joined = (pairs: readonly Pair[]): Buffer =>
  Buffer.concat(
    pairs.flatMap(({ field, value }, at) => [Buffer.from(at === 0 ? '' : ' '), field, Buffer.from('='), value]),
  )

const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
