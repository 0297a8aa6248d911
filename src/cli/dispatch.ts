/** One command line: argv -> command -> exit code. */
import { isOperation, type OperationName } from '../api/model.ts'
import { isHelp, readCommandLine, wantsHelp, wantsVersion } from './command-line.ts'
import { environment } from './environment.ts'
import { type ErrorFormat, exitCodeOf, failureOf, renderFailure } from './failure.ts'
import { valueMissing } from './parse.ts'
import { stderrIsTerminal, tellPiece } from './terminal.ts'

/** What the guide's examples call operations that have another name. */
const SPELLINGS: Readonly<Record<string, string>> = { 'create-serverless-snapshot': 'create-serverless-cache-snapshot' }

/** Says on stderr what went wrong; never rejects. */
export async function runLine(argv: readonly string[]): Promise<number> {
  try {
    await dispatch(argv)
    return 0
  } catch (error) {
    const failure = failureOf(error)
    if (failure) tellPiece(renderFailure(failure, errorFormat(argv), stderrIsTerminal()))
    return exitCodeOf(error)
  }
}

async function dispatch(argv: readonly string[]): Promise<void> {
  if (wantsVersion(argv)) return (await import('./run-command.ts')).showVersion()
  const { words: typed, leading, rest, lacking } = readCommandLine(argv)
  const words = spelled(typed)
  const [first = ''] = words
  const asked = helpAskedFor(argv, words, rest, lacking === undefined)
  if (asked) {
    const { showHelp } = await import('./run-command.ts')
    return showHelp(asked)
  }
  if (lacking !== undefined) throw valueMissing(lacking)
  // The common case first and alone: oclif's loader would cost as much as the call itself.
  const name = operationOf(first)
  if (name) {
    const { callOperation } = await import('./call/operation-call.ts')
    return callOperation(name, [...leading, ...rest.slice(1)])
  }
  const { runCommand } = await import('./run-command.ts')
  return runCommand(words, leading, rest)
}

const spelled = (words: readonly string[]): readonly string[] =>
  words.map((word, index) => (index === 0 ? (SPELLINGS[word] ?? word) : word))

/** `--help` anywhere, `help <command>`, aws-cli's `<command> help`, or nothing at all. */
function helpAskedFor(argv: readonly string[], words: readonly string[], rest: readonly string[], isWhole: boolean) {
  if (words[0] === 'help') return words.slice(1)
  // Wherever it stands: `--help engine start` is about `engine start`.
  if (wantsHelp(argv)) return spelled(readCommandLine(argv.filter((word) => !isHelp(word))).words)
  if (rest.length === 0 && isWhole) return words
  return words.at(-1) === 'help' && words.length === rest.length ? words.slice(0, -1) : undefined
}

function operationOf(id: string): OperationName | undefined {
  if (!/^[a-z]+(-[a-z]+)+$/.test(id)) return undefined
  const name = id.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return isOperation(name) ? name : undefined
}

function errorFormat(argv: readonly string[]): ErrorFormat {
  const inline = argv.find((word) => word.startsWith('--cli-error-format='))?.split('=')[1]
  const at = argv.indexOf('--cli-error-format')
  const chosen = inline ?? (at === -1 ? environment.CACHECTL_ERROR_FORMAT : argv[at + 1])
  return chosen === 'json' ? 'json' : 'legacy'
}
