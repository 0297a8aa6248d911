/** One operation from its arguments to the printed answer. */
import { type OperationName, operation } from '../api/model.ts'
import { kebabCase } from '../api/names.ts'
import { type ApiClient, openClient } from './client.ts'
import { confirmOnTerminal } from './confirm.ts'
import { environment } from './environment.ts'
import { inputFrom, isDestructive, operationFlags } from './operation-input.ts'
import { waitForChange, waits } from './operation-wait.ts'
import { compileQuery, jsonText, plainOutput, requireJson } from './output/answer.ts'
import { allPages, readPaging } from './paginate.ts'
import { type FlagValues, parseArguments } from './parse.ts'
import { describeTarget, resolveTarget } from './targets.ts'
import { print } from './terminal.ts'

export async function callOperation(name: OperationName, argv: readonly string[]): Promise<void> {
  const { flags } = parseArguments(argv, operationFlags(name))
  requireJson(flags.output)
  const pick = await compileQuery(flags.query as string | undefined)
  const input: object = inputFrom(name, flags)
  const paging = readPaging(name, flags, input)
  const target = resolveTarget(flags, environment)
  if (isDestructive(name)) {
    await confirmOnTerminal(`${kebabCase(name)} ${subjectOf(input)} on ${describeTarget(target)}?`, flags.yes === true)
  }
  const client = await openClient(target)
  try {
    const { pagination } = operation(name)
    const once = async (page: object) => (await client.call(name, page)) as Record<string, unknown>
    const answer = pagination && paging ? await allPages(pagination, input, paging, once) : await once(input)
    const shown = flags.wait === true ? await afterWaiting(name, client, input, flags) : answer
    print(jsonText(pick(plainOutput(name, shown))))
  } finally {
    client.close()
  }
}

async function afterWaiting(name: OperationName, client: ApiClient, input: object, flags: FlagValues) {
  const waiter = waits[name]
  if (!waiter) throw new Error(`${name} has --wait and no waiter`)
  return waitForChange(client, waiter, subjectOf(input), flags)
}

/** What the operation is about: the identifier that its input names first. */
const subjectOf = (input: object): string => String(Object.values(input)[0] ?? '')
