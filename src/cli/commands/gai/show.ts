import { type PolicyEntry, parseGaiConf } from '../../../diagnose/gai-conf.ts'
import { readTextIfThere } from '../../call/text-input.ts'
import { command } from '../../command.ts'
import type { Style } from '../../output/style.ts'
import { tableText } from '../../output/table.ts'
import { fileFlag, fileOf } from './flags.ts'

export const gaiShow = command({
  summary: 'Show the address policy in force: which rows, and where each comes from',
  description: 'In the order of matching: the first row that fits an address decides.',
  flags: fileFlag,
  forms: {},
  async run({ flags, print }) {
    const path = fileOf(flags)
    const text = readTextIfThere(path)
    const { labels, precedences, scopes, reload, ignoredLines } = parseGaiConf(text)
    const plain = (table: readonly PolicyEntry[]) =>
      table.map(({ text: prefix, value, line }) => ({ prefix, value, line }))
    const tables = { precedences: plain(precedences), labels: plain(labels), scopes: plain(scopes) }
    await print.answer({ file: path, exists: text !== null, reload, ...tables, ignoredLines }, describe)
  },
})

interface Row {
  readonly prefix: string
  readonly value: number
  readonly line?: number | undefined
}

interface Policy {
  readonly file: string
  readonly exists: boolean
  readonly precedences: readonly Row[]
  readonly labels: readonly Row[]
  readonly scopes: readonly Row[]
  readonly ignoredLines: readonly unknown[]
}

function describe({ file, exists, precedences, labels, scopes, ignoredLines }: Policy, style: Style): string {
  const table = (name: string, rows: readonly Row[]) =>
    tableText(
      [name, 'value', 'from'],
      rows.map(({ prefix, value, line }) => [prefix, String(value), line ? `line ${line}` : 'glibc']),
      style,
    )
  return [
    exists ? `${file}:` : `${file} is not there: glibc uses its own tables.`,
    table('precedence', precedences),
    table('label', labels),
    table('scopev4', scopes),
    ...(ignoredLines.length > 0 ? [`${ignoredLines.length} lines do nothing; see \`cachectl gai lint\`.`] : []),
  ].join('\n')
}
