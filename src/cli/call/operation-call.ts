/** One operation from its arguments to the printed answer. */
import { type OperationName, operation } from '../../api/model.ts'
import { kebabCase } from '../../api/names.ts'
import { environment } from '../environment.ts'
import { answerPrinter } from '../output/print.ts'
import { type FlagValues, readArguments } from '../parse.ts'
import { type AwsConfig, awsConfig } from '../target/aws-config.ts'
import { type ApiClient, openClient } from '../target/client.ts'
import { describeTarget, resolveTarget } from '../target/targets.ts'
import { canAsk, stderrIsTerminal, stdoutIsTerminal } from '../terminal.ts'
import { inputFrom, isDestructive, operationFlags } from './operation-input.ts'
import { allPages, eachPage, readPaging } from './paginate.ts'

export async function callOperation(name: OperationName, argv: readonly string[]): Promise<void> {
  const { flags } = readArguments(canAsk() ? await complete(name, argv) : argv, operationFlags(name))
  const config = awsConfig(flags, environment)
  const readable = wantsReadable(flags, config)
  const printer = await answerPrinter(name, flags, config)
  if (flags['generate-cli-skeleton'] !== undefined)
    return (await import('./skeleton.ts')).showSkeleton(name, flags, printer)
  const given = inputFrom(name, flags, await inputFileOf(flags))
  const input: object = readable ? withEndpoints(name, given) : given
  const paging = readPaging(name, flags, input)
  const target = resolveTarget(flags, environment)
  if (flags['dry-run'] === true) return (await import('./dry-run.ts')).showRequest(name, input, target)
  if (isDestructive(name)) {
    const { confirmOnTerminal } = await import('../live/confirm.ts')
    await confirmOnTerminal(`${kebabCase(name)} ${subjectOf(input)} on ${describeTarget(target)}?`, flags.yes === true)
  }
  const client = await openClient(target)
  try {
    const { pagination } = operation(name)
    const once = async (page: object): Promise<Record<string, unknown>> => ({ ...(await callOnce(client, name, page)) })
    if (pagination && paging) {
      const parts = eachPage(pagination, input, paging, once)
      if (printer.pageByPage) return await printer.pages(parts)
      const answer = await allPages(pagination, parts)
      return await (readable ? printReadable(name, input, answer, flags) : printer.together(answer))
    }
    // Loaded before the request: once that is accepted, Ctrl-C is to end the waiting and not the process.
    const waiting = flags.wait === true ? await import('../waiting/operation-wait.ts') : undefined
    const outcome = waiting && (await (await import('../waiting/outcomes.ts')).outcomeOf(client, name, input))
    const first =
      flags['wait-unused'] === true ? await whenUnused(client, () => once(input), input, flags) : await once(input)
    const answer = waiting ? await waiting.waitForChange(client, name, input, flags, outcome) : first
    await (readable ? printReadable(name, input, answer, flags) : printer.whole(answer))
  } catch (error) {
    // A person is helped on; a script gets what aws-cli says, and no further calls.
    throw stderrIsTerminal() ? await (await import('../caches/hints.ts')).withHint(client, input, error) : error
  } finally {
    client.close()
  }
}

/** On a terminal, asks the user for what is missing. */
async function complete(name: OperationName, argv: readonly string[]): Promise<readonly string[]> {
  const { askForMissing } = await import('../wizard/wizard.ts')
  return askForMissing(name, argv)
}

/** Parameters of a group may be more than the API takes in one request. */
async function callOnce(client: ApiClient, name: OperationName, input: object): Promise<object> {
  if (!('ParameterNameValues' in input)) return client.call(name, input)
  const { callEach, inRequests } = await import('./parameter-chunks.ts')
  return callEach(client, name, inRequests(name, input))
}

/** Its reader is loaded only for a command that has one. */
const inputFileOf = async (flags: FlagValues): Promise<Readonly<Record<string, unknown>>> =>
  flags['cli-input-json'] === undefined && flags['cli-input-yaml'] === undefined
    ? {}
    : (await import('./input-file.ts')).readInputFile(flags)

/** On a terminal, unless the user has asked for a form or a part of the answer. */
const wantsReadable = ({ output, query }: FlagValues, { settings }: AwsConfig): boolean =>
  stdoutIsTerminal() &&
  output === undefined &&
  query === undefined &&
  !(environment.AWS_DEFAULT_OUTPUT || settings.output)

/** A person wants to see where the nodes are without asking for it. */
const withEndpoints = (name: OperationName, input: object): object =>
  name === 'DescribeCacheClusters' ? { ShowCacheNodeInfo: true, ...input } : input

async function printReadable(name: OperationName, input: object, answer: object, flags: FlagValues): Promise<void> {
  const { printForPeople } = await import('../output/people.ts')
  await printForPeople(name, input, answer, flags)
}

async function whenUnused<T>(client: ApiClient, call: () => Promise<T>, input: object, flags: FlagValues): Promise<T> {
  const { callWhenUnused } = await import('../waiting/wait-unused.ts')
  return callWhenUnused(client, call, input, flags)
}

/** What the operation is about: the identifier that its input names first. */
const subjectOf = (input: object): string => String(Object.values(input)[0] ?? '')
