import { resources } from '../../../api/catalog/resources.ts'
import type { Output } from '../../../api/model.ts'
import { meantAmong } from '../../../api/nearest.ts'
import { withClient } from '../../caches/client.ts'
import { saysOneOf } from '../../caches/refusals.ts'
import { describeAll, findAll, nameOf } from '../../caches/resources.ts'
import { command } from '../../command.ts'
import { globalFlags } from '../../global-flags.ts'
import { columnsText } from '../../output/human-table.ts'
import type { Column } from '../../output/human-views.ts'
import { absence, ExitWith } from '../../problem.ts'
import type { ApiClient } from '../../target/client.ts'
import { naming, offering, one, optional } from '../../words.ts'

export const diff = command({
  summary: 'Compare two parameter groups, or one with the defaults',
  description:
    'Shows every parameter that has another value in the second group, and those that only one of them has. Without a second group the first is held against the defaults of its family. Exit code 0: no difference; 1: some.',
  words: {
    group: offering(one('name of a parameter group'), 'parameterGroup'),
    other: naming(optional('name of another (default: the defaults of the family of the first)'), 'parameterGroup'),
  },
  flags: globalFlags,
  examples: ['diff mine', 'diff default.memcached1.6 mine', 'diff mine --output json'],
  forms: {},
  async run({ words: { group, other }, flags, print }) {
    const { from, to } = await withClient(flags, async (client) =>
      other === undefined
        ? againstDefaults(client, group)
        : { from: await parametersOf(client, group), to: await parametersOf(client, other) },
    )
    const answer = { from: from.name, to: to.name, differences: differencesOf(from.values, to.values) }
    await print.answer(answer, (shown, style) => {
      const { differences } = shown
      if (differences.length === 0) return `${shown.from} and ${shown.to}: no difference.`
      return columnsText(columnsOf(shown.from, shown.to), differences, style)
    })
    if (answer.differences.length > 0) throw new ExitWith(1)
  },
})

/** By name; of those that depend on the node type a value each. */
type Values = ReadonlyMap<string, string>

interface Difference {
  readonly parameter: string
  /** null: it is not there, or has no value. */
  readonly from: string | null
  readonly to: string | null
}

const columnsOf = (from: string, to: string): Column<Difference>[] => [
  { head: 'Parameter', of: 'parameter' },
  { head: from, of: ({ from: value }) => value ?? '', long: true },
  { head: to, of: ({ to: value }) => value ?? '', long: true },
]

/** In the order of names. Pure. */
export function differencesOf(from: Values, to: Values): Difference[] {
  return [...new Set([...from.keys(), ...to.keys()])]
    .filter((name) => from.get(name) !== to.get(name))
    .sort()
    .map((parameter) => ({ parameter, from: from.get(parameter) ?? null, to: to.get(parameter) ?? null }))
}

async function parametersOf(client: ApiClient, name: string) {
  try {
    const values = await valuesOf((Marker) =>
      client.call('DescribeCacheParameters', { CacheParameterGroupName: name, Marker }),
    )
    return { name, values }
  } catch (error) {
    if (!saysOneOf(error, [resources.parameterGroup.notFound])) throw error
    const names = (await findAll(client, [resources.parameterGroup], () => {})).map(nameOf)
    throw absence(`There is no parameter group ${name}.`, meantAmong(name, names))
  }
}

async function againstDefaults(client: ApiClient, name: string) {
  const mine = await parametersOf(client, name)
  const [group] = await describeAll(client, resources.parameterGroup.describe, { CacheParameterGroupName: name })
  const CacheParameterGroupFamily = String(group?.CacheParameterGroupFamily)
  const values = await valuesOf(async (Marker) => {
    const answer = await client.call('DescribeEngineDefaultParameters', { CacheParameterGroupFamily, Marker })
    return answer.EngineDefaults ?? {}
  })
  return { from: { name: `defaults of ${CacheParameterGroupFamily}`, values }, to: mine }
}

type Page = Pick<Output<'DescribeCacheParameters'>, 'Parameters' | 'CacheNodeTypeSpecificParameters' | 'Marker'>

/** Of all pages. Both lists share them. */
async function valuesOf(pageAt: (marker: string | undefined) => Promise<Page>): Promise<Values> {
  const values = new Map<string, string>()
  let marker: string | undefined
  do {
    const { Parameters = [], CacheNodeTypeSpecificParameters = [], Marker } = await pageAt(marker)
    for (const { ParameterName = '', ParameterValue } of Parameters) {
      if (ParameterValue !== undefined) values.set(ParameterName, ParameterValue)
    }
    for (const { ParameterName = '', CacheNodeTypeSpecificValues = [] } of CacheNodeTypeSpecificParameters) {
      for (const { CacheNodeType = '', Value = '' } of CacheNodeTypeSpecificValues) {
        values.set(`${ParameterName} (${CacheNodeType})`, Value)
      }
    }
    marker = Marker
  } while (marker)
  return values
}
