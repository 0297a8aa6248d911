import { regionFacts } from '../../../api/catalog/regions.ts'
import { type ResourceKind, regionalKinds, resources } from '../../../api/catalog/resources.ts'
import { kebabCase } from '../../../api/names.ts'
import { shellWord } from '../../../api/shell.ts'
import { namesOf as namesOfTable } from '../../../api/tables.ts'
import { withClient } from '../../caches/client.ts'
import { OFFERS, offerOf } from '../../caches/offers.ts'
import { describeAll, findAll, nameOf } from '../../caches/resources.ts'
import { type Command, command } from '../../command.ts'
import { completionScript, type Shell } from '../../completion/scripts.ts'
import {
  completionTable,
  idOptions,
  type Named,
  namedOptions,
  otherIdOptions,
  shardOptions,
} from '../../completion/table.ts'
import { oneOf } from '../../flags.ts'
import { globalFlags } from '../../global-flags.ts'
import type { Documented } from '../../help/command-doc.ts'
import { type Item, isItems } from '../../output/human-value.ts'
import type { ApiClient } from '../../target/client.ts'
import { print } from '../../terminal.ts'
import { one, several } from '../../words.ts'

const HOW: Readonly<Record<Shell, string>> = {
  bash: 'eval "$(cachectl completion bash)" in ~/.bashrc',
  zsh: 'eval "$(cachectl completion zsh)" in ~/.zshrc, after compinit',
  fish: 'cachectl completion fish > ~/.config/fish/completions/cachectl.fish',
  powershell: 'cachectl completion powershell | Out-String | Invoke-Expression in $PROFILE (PowerShell 7)',
}

/** `completion <shell>`: commands, options and the values of options; ids of what there is are asked of the target. */
export function completionCommand(shell: Shell): Command {
  return command({
    summary: `Print the completion script of ${shell}`,
    description: `Completes commands, options, the values of options, and ids that exist at the target. To have it in every session: ${HOW[shell]}.`,
    async run() {
      const { commands } = await import('../../command-classes.ts')
      const documented = Object.entries(commands).map(
        ([id, { summary, flags, args, examples, kinds }]): Documented => ({
          id,
          summary,
          flags,
          args,
          examples,
          kinds,
        }),
      )
      const { causes } = await import('../../../diagnose/causes/index.ts')
      const { practiceCauses } = await import('../../../diagnose/causes/practice.ts')
      const rules = [...causes, ...practiceCauses].map(({ id }) => id)
      print(completionScript[shell](completionTable(documented, rules)))
    },
  })
}

/** What words of commands name, by what completion calls it. */
const offers = new Map(namesOfTable(OFFERS).map((offer) => [kebabCase(offer), offer]))

/** What can be named: the values of options, and what words of commands name. */
const NAMED: readonly string[] = [
  ...new Set([
    ...[...idOptions, ...otherIdOptions.keys(), ...shardOptions, ...namedOptions.keys()].map((option) =>
      option.slice(2),
    ),
    'cluster',
    ...offers.keys(),
  ]),
]

export const completionIds = command({
  summary: 'Print what an option that takes an id can name at the target',
  description: 'For the completion scripts: one id a line.',
  words: {
    option: one(`one of ${NAMED.join(', ')}`, (said) => oneOf(NAMED, said.replace(/^--/, ''), 'option')),
    said: several('the words before it, where it depends on them'),
  },
  flags: globalFlags,
  forms: {},
  async run({ words: { option, said }, flags, print: printer }) {
    const offer = option === 'cluster' ? 'cache' : offers.get(option)
    const names = offer
      ? // A user who presses Tab is in the middle of a line: nothing is to be written into it.
        (await offerOf(offer).list(flags, said, () => {})).map(({ name }) => name)
      : await withClient(flags, (client) => {
          const named = namedOptions.get(`--${option}`)
          if (named) return LISTS[named](client)
          return shardOptions.includes(`--${option}`) ? shardsOf(client) : namesOf(client, kindsOf(option))
        })
    // Shells expand what they are offered: bash would run a name that is $(...).
    const safe = names.filter((each) => shellWord(each) === each)
    await printer.answer(safe, () => safe.join('\n'))
  },
})

function kindsOf(name: string): readonly ResourceKind[] {
  const option = otherIdOptions.get(`--${name}`) ?? `--${name}`
  return regionalKinds.filter((_, index) => idOptions[index] === option)
}

/** Of every group: which one the line is about is not known here. */
async function shardsOf(client: ApiClient): Promise<string[]> {
  const groups = await findAll(client, [resources.replicationGroup], () => {})
  const shards = groups.flatMap(({ item }) => (isItems(item.NodeGroups) ? item.NodeGroups : []))
  return [...new Set(shards.map(({ NodeGroupId }) => String(NodeGroupId)))].sort()
}

const clusters = async (client: ApiClient): Promise<Item[]> =>
  (await findAll(client, [resources.cluster], () => {})).map(({ item }) => item)

/** Of every cluster: which one the line is about is not known here. */
const nodesOf = async (client: ApiClient): Promise<string[]> => {
  const nodes = (await clusters(client)).flatMap(({ CacheNodes }) => (isItems(CacheNodes) ? CacheNodes : []))
  return [...new Set(nodes.map(({ CacheNodeId }) => String(CacheNodeId)))].sort()
}

const membersOf = async (client: ApiClient): Promise<string[]> =>
  (await clusters(client)).flatMap((item) => (item.ReplicationGroupId ? [String(item[resources.cluster.id])] : []))

const LISTS: Readonly<Record<Named, (client: ApiClient) => Promise<readonly string[]>>> = {
  node: nodesOf,
  nodeOrMember: async (client) => (await Promise.all([nodesOf(client), membersOf(client)])).flat(),
  serviceUpdate: async (client) =>
    (await describeAll(client, 'DescribeServiceUpdates')).map(({ ServiceUpdateName }) => String(ServiceUpdateName)),
  arn: async (client) =>
    (await findAll(client, regionalKinds, () => {})).flatMap(({ kind, item }) => String(item[kind.arn] ?? '') || []),
  zone: async ({ target: { region = '' } }) => regionFacts(region)?.zones ?? [],
}

const namesOf = async (client: ApiClient, among: readonly ResourceKind[]): Promise<string[]> =>
  // Likewise.
  (await findAll(client, among, () => {})).map(nameOf)
