/** argv -> command -> exit code: the only place that exits. */
import { isOperation, type OperationName } from './api/model.ts'
import { readCommandLine, wantsHelp } from './cli/command-line.ts'
import { environment } from './cli/environment.ts'
import { type ErrorFormat, exitCodeOf, failureOf, renderFailure } from './cli/failure.ts'
import { stderrIsTerminal } from './cli/terminal.ts'

const argv = process.argv.slice(2)

try {
  await dispatch()
} catch (error) {
  const failure = failureOf(error)
  if (failure) process.stderr.write(renderFailure(failure, errorFormat(), stderrIsTerminal()))
  process.exitCode = exitCodeOf(error)
}

async function dispatch(): Promise<void> {
  const { words, leading, rest } = readCommandLine(argv)
  const [first = ''] = words
  if (wantsHelp(argv) || first === 'help' || rest.length === 0) {
    const { showHelp } = await import('./cli/run-command.ts')
    return showHelp(first === 'help' ? words.slice(1) : words)
  }
  // The common case first and alone: oclif's loader would cost as much as the call itself.
  const name = operationOf(first)
  if (name) {
    const { callOperation } = await import('./cli/operation-call.ts')
    return callOperation(name, [...leading, ...rest.slice(1)])
  }
  const { runCommand } = await import('./cli/run-command.ts')
  return runCommand(words, leading, rest)
}

function operationOf(id: string): OperationName | undefined {
  if (!/^[a-z]+(-[a-z]+)+$/.test(id)) return undefined
  const name = id.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return isOperation(name) ? name : undefined
}

function errorFormat(): ErrorFormat {
  const inline = argv.find((word) => word.startsWith('--cli-error-format='))?.split('=')[1]
  const at = argv.indexOf('--cli-error-format')
  const chosen = inline ?? (at === -1 ? environment.CACHECTL_ERROR_FORMAT : argv[at + 1])
  return chosen === 'json' ? 'json' : 'legacy'
}
