import { type LintRemark, lintGaiConf } from '../../diagnose/gai-lint.ts'
import { BaseCommand, word } from '../base-command.ts'
import { ExitWith } from '../problem.ts'
import { printLine } from '../terminal.ts'
import { choiceOf, outputFlag } from './engine-flags.ts'
import { fileFlag, fileOf } from './gai-flags.ts'
import { readText, readTextIfThere } from './text-input.ts'

const SOMETHING_WRONG = 1

export class GaiLint extends BaseCommand {
  static override summary = 'Explain every line of a gai.conf that does nothing or does harm'
  static override description =
    'Exit code 1: a line does harm, or is dropped by glibc; 0: all that was found is harmless.'
  static override args = { file: word('the file (default /etc/gai.conf); - reads stdin') }
  static override flags = { ...fileFlag, ...outputFlag }
  static override examples = ['gai lint', 'gai lint ./gai.conf --output json']

  async run(): Promise<void> {
    const { flags, words } = await this.read()
    const form = choiceOf(flags, 'output', ['text', 'json'], 'text')
    const path = words[0] ?? fileOf(flags)
    const text = words[0] === undefined ? readTextIfThere(path) : readText(path)
    const remarks = lintGaiConf(text)
    if (form === 'json') printLine(JSON.stringify({ file: path, exists: text !== null, remarks }, null, 4))
    else printLine(describe(path, text, remarks))
    if (remarks.some(({ kind }) => kind === 'harm' || kind === 'ignored')) throw new ExitWith(SOMETHING_WRONG)
  }
}

const KIND_IN_WORDS: Readonly<Record<LintRemark['kind'], string>> = {
  harm: 'does harm',
  ignored: 'does nothing',
  'no-effect': 'changes nothing',
  doubt: 'may not be what is meant',
  note: 'to know',
}

function describe(path: string, text: string | null, remarks: readonly LintRemark[]): string {
  if (text === null) return `${path} is not there: glibc uses its own tables, IPv6 first.`
  if (remarks.length === 0) return `${path}: every line does what it says.`
  return remarks
    .flatMap(({ line, text: written, kind, sentence, fix }) => [
      `${path}:${line} ${KIND_IN_WORDS[kind]}: ${written}`,
      `  ${sentence}`,
      `  ${fix}`,
    ])
    .join('\n')
}
