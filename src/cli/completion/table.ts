/** What can stand where on a command line, from the command table and the API model. Pure. */

import { ENGINE_NAMES } from '../../api/catalog/engines.ts'
import { METRICS } from '../../api/catalog/metrics.ts'
import { nodeTypes } from '../../api/catalog/node-types.ts'
import { regionNames } from '../../api/catalog/regions.ts'
import { regionalKinds, resources } from '../../api/catalog/resources.ts'
import { FAULT_OPTION_NAMES, FAULT_OPTIONS, wordsFor } from '../../api/engine-faults.ts'
import { enumValues, inputOf, isOperation, operationNames } from '../../api/model.ts'
import { kebabCase } from '../../api/names.ts'
import type { Member } from '../../api/shapes.ts'
import { namesOf } from '../../api/tables.ts'
import { wishWords } from '../commands/diagnose/wishes.ts'
import { globalFlags } from '../global-flags.ts'
import { type Documented, kindOf } from '../help/command-doc.ts'

/** `path`: the words of a command, `engine start`; '' is the program alone. */
export interface CompletionTable {
  /** path -> the words that may follow it. */
  readonly words: ReadonlyMap<string, readonly string[]>
  /** path -> its options, without those that all commands have. */
  readonly options: ReadonlyMap<string, readonly string[]>
  readonly everywhere: readonly string[]
  /** `path --option` or, the same for all commands, ` --option` -> the values it can have; `path 1`: of the second word after it. */
  readonly values: ReadonlyMap<string, readonly string[]>
  /** Options without a value: what follows is a word. */
  readonly toggles: readonly string[]
  /** Options that name something there is; the target is asked for it. */
  readonly ids: readonly string[]
  /** Options that take a file or a directory. */
  readonly files: readonly string[]
  /** Paths of commands that take a file as a word. */
  readonly fileWords: readonly string[]
  /** `path --option` -> what it names there, unlike elsewhere. */
  readonly idsAt: ReadonlyMap<string, string>
  /** `path 0` -> what the first word after it names, as `completion ids` calls it; `path *`: what each of them names. */
  readonly places: ReadonlyMap<string, string>
  /** `path word`, `path --option` and, the same for all commands, ` --option` -> what it is. */
  readonly about: ReadonlyMap<string, string>
  /** `path --option` where such an option gives a new name: those there are would be no help. */
  readonly fresh: readonly string[]
}

const FORMS = ['json', 'text', 'table', 'yaml', 'yaml-stream', 'off']

/** Options of every command whose words are the same wherever they stand. */
const EVERYWHERE_ALIKE = ['color', 'cli-error-format'] as const

const COMMON_VALUES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(EVERYWHERE_ALIKE.map((name) => [` --${name}`, globalFlags[name].choices ?? []])),
  ' --output': FORMS,
  ' --until': wishWords,
  ' --family': ['ipv4', 'ipv6'],
  ' --region': regionNames,
  ' --metric': namesOf(METRICS),
  // The model has no list of them.
  ' --engine': ENGINE_NAMES,
  ' --cache-node-type': [...nodeTypes.keys()],
  ' --node-type': [...nodeTypes.keys()],
  ' --operation': operationNames,
}

export const idOptions: readonly string[] = regionalKinds.map(({ id }) => `--${kebabCase(id)}`)

const inputMembers = new Set(operationNames.flatMap((name) => Object.keys(inputOf(name).members)))

/**
 * Options that name what others do, several of it or what is to be copied, by the name of the other: `--user-ids-to-add` ->
 * `--user-id`.
 */
export const otherIdOptions: ReadonlyMap<string, string> = new Map([
  ...regionalKinds.flatMap(({ id }) =>
    [`${id}s`, `${id}sToAdd`, `${id}sToRemove`, `Source${id}`]
      .filter((member) => inputMembers.has(member))
      .map((member): [string, string] => [`--${kebabCase(member)}`, `--${kebabCase(id)}`]),
  ),
  ...['PrimaryClusterId', 'ReplicasToRemove', 'SnapshottingClusterId'].map((member): [string, string] => [
    `--${kebabCase(member)}`,
    `--${kebabCase(resources.cluster.id)}`,
  ]),
  [`--${kebabCase('PrimaryReplicationGroupId')}`, `--${kebabCase(resources.replicationGroup.id)}`],
  // Of commands of our own.
  ['--user', `--${kebabCase(resources.user.id)}`],
])

/** Options that name shards of replication groups. */
export const shardOptions: readonly string[] = [
  '--shard',
  ...['NodeGroupId', 'NodeGroupsToRemove', 'NodeGroupsToRetain'].map((member) => `--${kebabCase(member)}`),
]

const MEMBERS_THAT_NAME: readonly (readonly [member: RegExp, names: Named])[] = [
  [/^CacheNodeIdsTo/, 'node'],
  [/^ServiceUpdateName$/, 'serviceUpdate'],
  [/^ResourceName$/, 'arn'],
  [/(AvailabilityZones?|AZs)$/, 'zone'],
]

/** Options that name what is no resource of its own: what they name, as `completion ids` calls it. */
export const namedOptions: ReadonlyMap<string, Named> = new Map([
  ['--node', 'nodeOrMember'],
  ['--zone', 'zone'],
  ...[...inputMembers].flatMap((member): [string, Named][] => {
    const named = MEMBERS_THAT_NAME.find(([pattern]) => pattern.test(member))?.[1]
    return named ? [[`--${kebabCase(member)}`, named]] : []
  }),
])

export type Named = 'node' | 'nodeOrMember' | 'serviceUpdate' | 'arn' | 'zone'

/** Commands whose first word is of one kind of what is offered for it, or not chosen from what is offered. */
const PLACES: Readonly<Record<string, string>> = {
  failover: kebabCase(resources.replicationGroup.id),
  users: kebabCase(resources.user.id),
  'backup:list': 'cache',
  'engine:logs': 'cache',
  'target:show': 'target',
}

function placesOf({ id, args = {} }: Documented): [place: string, names: string][] {
  const [first, ...others] = Object.values(args)
  const path = id.replaceAll(':', ' ')
  const named = ({ offer, multiple }: Partial<typeof first> & {}, at: number, at0: string): [string, string][] =>
    offer === undefined ? [] : [[`${at0} ${multiple ? '*' : at}`, kebabCase(offer)]]
  // A word of few is a path of its own.
  if (first?.among)
    return first.among.flatMap((word) => others.flatMap((other, at) => named(other, at, `${path} ${word}`)))
  const own: [string, string][] = PLACES[id] === undefined ? named(first ?? {}, 0, path) : [[`${path} 0`, PLACES[id]]]
  return [...own, ...others.flatMap((other, at) => named(other, at + 1, path))]
}

/** A word of few becomes a path of its own, so that the options behind it can be those that it takes. */
function amongWords(command: Documented): (Documented & { readonly word: string })[] {
  const [first] = Object.values(command.args ?? {})
  return (first?.among ?? []).map((word) => ({
    ...(kindOf(command, word) ?? { ...command, summary: '' }),
    id: `${command.id}:${word}`,
    word,
  }))
}

/** What completion scripts need to know of these commands. */
export function completionTable(given: readonly Documented[], rules: readonly string[]): CompletionTable {
  const commands = [...given, ...given.flatMap(amongWords)]
  const everywhere = spellings(globalFlags)
  const words = new Map<string, string[]>()
  for (const { id } of commands) {
    const parts = id.split(':')
    for (const [at, part] of parts.entries()) {
      const path = parts.slice(0, at).join(' ')
      words.set(path, [...new Set([...(words.get(path) ?? []), part])])
    }
  }
  const path = (id: string) => id.replaceAll(':', ' ')
  return {
    words: withHelp(words),
    options: new Map(
      commands.map(({ id, flags = {} }) => [
        path(id),
        spellings(flags).filter((option) => !everywhere.includes(option)),
      ]),
    ),
    everywhere,
    values: new Map([
      ...Object.entries(COMMON_VALUES),
      ...faultValues(),
      ...commands.flatMap(wordValues),
      ...['only', 'skip', 'explain'].map((option) => [`doctor --${option}`, rules] as const),
      ...commands.flatMap(({ id }) =>
        operationValues(id).map(([option, values]) => [`${id} ${option}`, values] as const),
      ),
      ...commands.flatMap(({ id, flags = {} }) =>
        Object.entries(flags).flatMap(([name, { choices: few }]) =>
          few && !EVERYWHERE_ALIKE.some((each) => each === name) ? [[`${path(id)} --${name}`, few] as const] : [],
        ),
      ),
    ]),
    toggles: [...new Set([...commands.flatMap(({ flags = {} }) => togglesOf(flags)), ...togglesOf(globalFlags)])],
    ids: [
      '--target',
      '--cache',
      '--cluster',
      ...namedOptions.keys(),
      ...idOptions,
      ...otherIdOptions.keys(),
      ...shardOptions,
    ],
    files: [...new Set(commands.flatMap(({ flags = {} }) => fileOptions(flags)))],
    fileWords: given.flatMap(({ id, args = {} }) => ('file' in args ? [path(id)] : [])),
    // Users of the engine's API are others than those of caches.
    idsAt: new Map([['engine env --user', 'engine-user']]),
    places: new Map(given.flatMap(placesOf)),
    about: aboutOf(commands, words, everywhere),
    fresh: commands.flatMap(({ id }) =>
      regionalKinds.flatMap((kind) =>
        id === `create-${kebabCase(kind.shape)}` ? [`${id} --${kebabCase(kind.id)}`] : [],
      ),
    ),
  }
}

/** `help` goes before the words of any command. */
function withHelp(words: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, readonly string[]> {
  const helped = [...words].map(([path, following]) => [`help ${path}`.trimEnd(), following] as const)
  return new Map([...words, ...helped, ['', [...(words.get('') ?? []), 'help']]])
}

const LONGEST_ABOUT = 60

/** What is said of a command and its options; of a word that commands begin with, which these are. */
function aboutOf(
  commands: readonly Documented[],
  words: ReadonlyMap<string, readonly string[]>,
  everywhere: readonly string[],
): ReadonlyMap<string, string> {
  const about = new Map<string, string>()
  for (const [path, following] of words) if (path !== '') about.set(path, following.join(', '))
  for (const { id, summary = '', flags = {} } of commands) {
    const path = id.replaceAll(':', ' ')
    about.set(path, summary)
    for (const option of spellings(flags)) {
      const { summary: meaning = '' } = flags[option.slice(2)] ?? flags[option.slice('--no-'.length)] ?? {}
      if (!everywhere.includes(option)) about.set(`${path} ${option}`, meaning)
    }
  }
  const global: NonNullable<Documented['flags']> = globalFlags
  for (const option of everywhere) about.set(` ${option}`, global[option.slice(2)]?.summary ?? '')
  return new Map(
    [...about].flatMap(([name, text]) => (text === '' ? [] : [[name, cutTo(text, LONGEST_ABOUT)] as const])),
  )
}

const cutTo = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 3).trimEnd()}...`

const fileOptions = (flags: NonNullable<Documented['flags']>): string[] =>
  Object.entries(flags).flatMap(([name, { helpValue }]) =>
    ['<path>', '<file>'].includes(String(helpValue)) ? [`--${name}`] : [],
  )

const togglesOf = (flags: NonNullable<Documented['flags']>): string[] =>
  spellings(Object.fromEntries(Object.entries(flags).filter(([, { type }]) => type === 'boolean')))

/** Words that are one of a few, wherever they stand. */
const wordValues = ({ id, args = {} }: Documented): (readonly [at: string, values: readonly string[]])[] =>
  Object.values(args).flatMap(({ choices: few }, at) =>
    few ? [[`${id.replaceAll(':', ' ')} ${at}`, few] as const] : [],
  )

/** Words that options of faults take. */
const faultValues = (): [option: string, values: readonly string[]][] =>
  FAULT_OPTION_NAMES.flatMap((option) => {
    const values = wordsFor(option)
    return values.length > 0 ? [[`engine fault inject --${FAULT_OPTIONS[option].flag}`, values]] : []
  })

const spellings = (flags: NonNullable<Documented['flags']>): string[] =>
  Object.entries(flags).flatMap(([name, { allowNo, hidden }]) =>
    hidden ? [] : [`--${name}`, ...(allowNo ? [`--no-${name}`] : [])],
  )

function operationValues(id: string): [option: string, values: readonly string[]][] {
  const name = id.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())
  if (!isOperation(name)) return []
  return Object.entries(inputOf(name).members).flatMap(([member, kind]) => {
    const values = choices(kind)
    return values.length > 0 ? [[`--${kebabCase(member)}`, values]] : []
  })
}

const choices = (member: Member): readonly string[] =>
  member.kind === 'list' ? choices(member.of) : member.kind === 'string' && member.enum ? enumValues(member.enum) : []
