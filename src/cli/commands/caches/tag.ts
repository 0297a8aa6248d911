import { regionalKinds } from '../../../api/catalog/resources.ts'
import type { Input, Output } from '../../../api/model.ts'
import { parseArn } from '../../../api/names.ts'
import { withClient } from '../../caches/client.ts'
import { findById } from '../../caches/resources.ts'
import { cacheWord } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { globalFlags } from '../../global-flags.ts'
import { plainOutput } from '../../output/answer.ts'
import { printForPeople } from '../../output/people.ts'
import { Problem, usageProblem } from '../../problem.ts'
import type { ApiClient } from '../../target/client.ts'
import { optionalAmong, several } from '../../words.ts'

const ACTIONS = ['list', 'add', 'remove'] as const

export const tag = command({
  summary: 'Show, add and remove the tags of a resource, by its id',
  description:
    'Finds the ARN by the id of a cluster, serverless cache, replication group, snapshot, group, user or reservation; an ARN does as well. Prints the tags the resource has in the end.',
  words: {
    resource: cacheWord('id or ARN', 'resource'),
    action: optionalAmong('list (default), add or remove', ACTIONS, 'action'),
    tags: several('Key=Value for add, Key for remove'),
  },
  flags: globalFlags,
  examples: ['tag shop', 'tag shop add Team=web Stage=prod', 'tag shop remove Stage'],
  forms: {},
  async run({ words: { resource, action = 'list', tags }, flags, print }) {
    const change = readChange(action, tags)
    const answer = await withClient(flags, async (client) => {
      const name = await arnOf(client, resource)
      // Both answer with the tags there are then; a group that takes them over cannot be asked meanwhile.
      if (change) return change(client, name)
      return client.call('ListTagsForResource', { ResourceName: name })
    })
    const { TagList = [] } = answer
    const shown = () => printForPeople('ListTagsForResource', {}, { TagList }, flags)
    await print.answer(plainOutput('ListTagsForResource', answer), shown)
  },
})

type Change = (client: ApiClient, resource: string) => Promise<Output<'ListTagsForResource'>>

/** undefined: nothing to change. Throws a usage problem before anything is sent. */
function readChange(action: (typeof ACTIONS)[number], words: readonly string[]): Change | undefined {
  if (action === 'list') return undefined
  if (words.length === 0)
    throw usageProblem(`the following arguments are required: <tags>...`, 'As in: tag shop add Team=web')
  if (action === 'remove')
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
  const found = await findById(client, resource, regionalKinds, {
    none: `There is nothing called ${resource}.`,
    see: 'list',
  })
  const arns = found.map(({ kind, item }) => ({ kind: kind.name, arn: String(item[kind.arn] ?? '') }))
  if (found.length > 1) {
    const which = arns.map(({ kind, arn }) => `${kind}: ${arn}`).join('\n')
    throw new Problem('usage', `${resource} is the name of several resources; say which by its ARN.`, which)
  }
  return arns[0]?.arn ?? ''
}
