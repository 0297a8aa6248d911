import { type LintRemark, lintGaiConf } from '../../../diagnose/gai-lint.ts'
import { readText, readTextIfThere } from '../../call/text-input.ts'
import { command } from '../../command.ts'
import { ExitWith } from '../../problem.ts'
import { optional } from '../../words.ts'
import { fileFlag, fileOf } from './flags.ts'

const SOMETHING_WRONG = 1

export const gaiLint = command({
  summary: 'Explain every line of a gai.conf that does nothing or does harm',
  description: 'Exit code 1: a line does harm, or is dropped by glibc; 0: all that was found is harmless.',
  words: { file: optional('the file (default /etc/gai.conf); - reads stdin') },
  flags: fileFlag,
  examples: ['gai lint', 'gai lint ./gai.conf --output json'],
  forms: {},
  async run({ words, flags, print }) {
    const path = words.file ?? fileOf(flags)
    const text = words.file === undefined ? readTextIfThere(path) : readText(path)
    const remarks = lintGaiConf(text)
    await print.answer({ file: path, exists: text !== null, remarks }, describe)
    if (remarks.some(({ kind }) => kind === 'harm' || kind === 'ignored')) throw new ExitWith(SOMETHING_WRONG)
  },
})

const KIND_IN_WORDS: Readonly<Record<LintRemark['kind'], string>> = {
  harm: 'does harm',
  ignored: 'does nothing',
  'no-effect': 'changes nothing',
  doubt: 'may not be what is meant',
}

interface Lint {
  readonly file: string
  readonly exists: boolean
  readonly remarks: readonly LintRemark[]
}

function describe({ file: path, exists, remarks }: Lint): string {
  if (!exists) return `${path} is not there: glibc uses its own tables, IPv6 first.`
  if (remarks.length === 0) return `${path}: every line does what it says.`
  return remarks
    .flatMap(({ line, text: written, kind, sentence, fix }) => [
      `${path}:${line} ${KIND_IN_WORDS[kind]}: ${written}`,
      `  ${sentence}`,
      `  ${fix}`,
    ])
    .join('\n')
}
