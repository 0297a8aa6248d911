/** Hand-written commands, help and what is neither: everything but the direct call of an operation. */
import { readFileSync } from 'node:fs'
import { nearest } from '../api/nearest.ts'
import { errorCode } from '../api/thrown.ts'
import { commands } from './command-table.ts'
import { environment } from './environment.ts'
import { printPaged } from './live/pager.ts'
import { usageProblem } from './problem.ts'
import { columns, print, USUAL_COLUMNS } from './terminal.ts'
import { version } from './version.ts'

/** `words`: the command's name and what follows; `leading`: options that stood before it. */
export async function runCommand(words: readonly string[], leading: readonly string[], rest: readonly string[]) {
  const id = commandId(words)
  if (id === undefined) return refuseUnknown(words, rest)
  const command = await commands[id]?.()
  if (!command) throw new Error(`the command table has no ${id}`)
  command.id = id
  await command.run([...leading, ...rest.slice(id.split(':').length)])
}

/** The pages were written at build time by the help class; without them, and for a narrow terminal, oclif has it set them. */
export async function showHelp(words: readonly string[]): Promise<void> {
  const id = words.length === 0 ? 'index' : (commandId(words) ?? topicId(words))
  // What a command's word says may have a page of its own, and some are about no command.
  const page = pageCalled(words.join('-')) ?? (id && pageCalled(id.replaceAll(':', '-')))
  if (page === undefined && id === undefined) await refuseUnknown(words)
  else if (page !== undefined && columns() >= USUAL_COLUMNS) await printPaged(page, true, environment)
  else {
    // A CommonJS module that is imported late has nothing but a default export in the bundle.
    const { default: oclif } = (await import('@oclif/core')) as unknown as { default: typeof import('@oclif/core') }
    await oclif.run([...words, '--help'], import.meta.url)
  }
}

/** In the form that `cachectl --version` has, which the launcher prints by itself. */
export function showVersion(): void {
  print(`cachectl/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
}

/** undefined: there is none. */
function pageCalled(name: string): string | undefined {
  if (!/^[a-z]+(-[a-z]+)*$/.test(name)) return undefined
  try {
    return readFileSync(new URL(`./help/${name}.txt`, import.meta.url), 'utf8')
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    return undefined
  }
}

function commandId(words: readonly string[]): string | undefined {
  return [words.slice(0, 3).join(':'), words.slice(0, 2).join(':'), words[0] ?? ''].find((id) =>
    Object.hasOwn(commands, id),
  )
}

/** The longest topic that the words begin with: `engine clock` of `engine clock shw`. */
const topicId = ([first = '', second]: readonly string[]): string | undefined =>
  [second === undefined ? '' : `${first}:${second}`, first].find(
    (topic) => topic !== '' && Object.keys(commands).some((id) => id.startsWith(`${topic}:`)),
  )

/** Services of AWS that caches have to do with, as aws-cli calls them. */
const OTHER_SERVICES = new Set(
  'application-autoscaling cloudformation cloudtrail cloudwatch dax dynamodb ec2 firehose iam kms logs memorydb rds s3 s3api secretsmanager sns sts'.split(
    ' ',
  ),
)

async function refuseUnknown(words: readonly string[], rest: readonly string[] = []): Promise<void> {
  if (words.length === 0) throw usageProblem(`Unknown options: ${rest[0] ?? ''}`, 'See `cachectl --help`.')
  const topic = topicId(words)
  const depth = topic?.split(':').length ?? 0
  // A script whose variable is empty must not take a page of help for the end of a wait.
  if (topic === 'wait' && words.length === depth && rest.length > 0) {
    throw usageProblem('the following arguments are required: subcommand', 'Add --help to see what can be waited for.')
  }
  if (topic && words.length === depth) return showHelp(words)
  const spoken = words.slice(0, depth + 1).join(' ')
  const refused = `argument ${topic === 'wait' ? 'subcommand' : 'operation'}: invalid choice: '${spoken}'`
  if (OTHER_SERVICES.has(spoken)) {
    throw usageProblem(
      refused,
      `cachectl does what \`aws elasticache\` does; for ${spoken} there is \`aws ${spoken}\`.`,
    )
  }
  const names = Object.keys(commands).flatMap((id) => {
    const parts = id.split(':')
    return parts.map((_, at) => parts.slice(0, at + 1).join(' '))
  })
  const guess = nearest(spoken, [...new Set(names)])
  throw usageProblem(
    refused,
    guess ? `Did you mean \`cachectl ${guess}\`?` : 'See `cachectl --help` for the commands there are.',
  )
}
