import type { Input, OperationName, Output } from '../../api/model.ts'
import { parseArn } from '../../api/names.ts'
import { BaseCommand, word } from '../base-command.ts'
import type { ApiClient } from '../client.ts'
import { withClient } from '../clusters.ts'
import { globalFlags } from '../global-flags.ts'
import { plainOutput } from '../output/answer.ts'
import { printForPeople } from '../output/people.ts'
import { Problem, usageProblem } from '../problem.ts'
import { findById } from '../resources.ts'
import { printLine } from '../terminal.ts'
import { choiceOf, outputOf } from './engine-flags.ts'

const ACTIONS = ['list', 'add', 'remove'] as const

export class Tag extends BaseCommand {
  static override summary = 'Show, add and remove the tags of a resource, by its id'
  static override description =
    'Finds the ARN by the id of a cluster, serverless cache, replication group, snapshot, group, user or reservation; an ARN does as well. Prints the tags the resource has in the end.'
  static override args = {
    resource: word('id or ARN', { required: true }),
    action: word('list (default), add or remove'),
    tags: word('Key=Value for add, Key for remove', { multiple: true }),
  }
  static override flags = { ...globalFlags, ...outputOf('table (default) or json') }
  static override examples = ['tag shop', 'tag shop add Team=web Stage=prod', 'tag shop remove Stage']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const [resource = '', action = 'list', ...tags] = words
    const form = choiceOf(flags, 'output', ['table', 'json'], 'table')
    const change = readChange(action, tags)
    const answer = await withClient(flags, async (client) => {
      const name = await arnOf(client, resource)
      if (change) await change(client, name)
      return client.call('ListTagsForResource', { ResourceName: name })
    })
    await show(answer, form, flags)
  }
}

async function show(answer: Output<'ListTagsForResource'>, form: string, flags: Parameters<typeof printForPeople>[3]) {
  const name: OperationName = 'ListTagsForResource'
  if (form === 'json') printLine(JSON.stringify(plainOutput(name, answer), null, 4))
  else await printForPeople(name, {}, { TagList: answer.TagList ?? [] }, flags)
}

type Change = (client: ApiClient, resource: string) => Promise<unknown>

/** undefined: nothing to change. Throws a usage problem before anything is sent. */
function readChange(action: string, words: readonly string[]): Change | undefined {
  const known = ACTIONS.find((candidate) => candidate === action)
  if (!known) throw usageProblem(`argument action: invalid choice: '${action}' (choose from: ${ACTIONS.join(', ')})`)
  if (known === 'list') return undefined
  if (words.length === 0)
    throw usageProblem(`the following arguments are required: <tags>...`, 'As in: tag shop add Team=web')
  if (known === 'remove')
    return (client, ResourceName) => client.call('RemoveTagsFromResource', { ResourceName, TagKeys: [...words] })
  const Tags = words.map(readTag)
  return (client, ResourceName) => client.call('AddTagsToResource', { ResourceName, Tags })
}

function readTag(text: string): NonNullable<Input<'AddTagsToResource'>['Tags']>[number] {
  const at = text.indexOf('=')
  if (at < 1) throw usageProblem(`argument tags: '${text}' is not Key=Value`, 'A tag without a value: Key=')
  return { Key: text.slice(0, at), Value: text.slice(at + 1) }
}

async function arnOf(client: ApiClient, resource: string): Promise<string> {
  if (parseArn(resource)) return resource
  const found = await findById(client, resource)
  const [first, second] = found
  if (!first) throw new Problem('general', `There is nothing called ${resource}.`, 'See what there is: cachectl list')
  const arns = found.map(({ kind, item }) => ({ kind: kind.name, arn: String(item[kind.arn] ?? '') }))
  if (second) {
    const which = arns.map(({ kind, arn }) => `${kind}: ${arn}`).join('\n')
    throw new Problem('usage', `${resource} is the name of several resources; say which by its ARN.`, which)
  }
  return arns[0]?.arn ?? ''
}
