import { type PolicyEntry, parseGaiConf } from '../../diagnose/gai-conf.ts'
import { BaseCommand } from '../base-command.ts'
import { tableText } from '../output/table.ts'
import { printLine } from '../terminal.ts'
import { choiceOf, outputFlag } from './engine-flags.ts'
import { fileFlag, fileOf } from './gai-flags.ts'
import { readTextIfThere } from './text-input.ts'

export class GaiShow extends BaseCommand {
  static override summary = 'Show the address policy in force: which rows, and where each comes from'
  static override description = 'In the order of matching: the first row that fits an address decides.'
  static override flags = { ...fileFlag, ...outputFlag }

  async run(): Promise<void> {
    const { flags } = await this.read()
    const form = choiceOf(flags, 'output', ['text', 'json'], 'text')
    const path = fileOf(flags)
    const text = readTextIfThere(path)
    const { labels, precedences, scopes, reload, ignoredLines } = parseGaiConf(text)
    const plain = (table: readonly PolicyEntry[]) =>
      table.map(({ text: prefix, value, line }) => ({ prefix, value, line }))
    if (form === 'json') {
      const tables = { precedences: plain(precedences), labels: plain(labels), scopes: plain(scopes) }
      printLine(JSON.stringify({ file: path, exists: text !== null, reload, ...tables, ignoredLines }, null, 4))
      return
    }
    printLine(text === null ? `${path} is not there: glibc uses its own tables.` : `${path}:`)
    for (const [name, table] of [
      ['precedence', precedences],
      ['label', labels],
      ['scopev4', scopes],
    ] as const) {
      const rows = table.map(({ text: prefix, value, line }) => [
        prefix,
        String(value),
        line ? `line ${line}` : 'glibc',
      ])
      printLine(await tableText([name, 'value', 'from'], rows))
    }
    if (ignoredLines.length > 0) printLine(`${ignoredLines.length} lines do nothing; see \`cachectl gai lint\`.`)
  }
}
