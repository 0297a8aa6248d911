/** What a command's class says of itself, as plain data: help pages and man pages are two ways to set it. */
import { groups, operationsIn } from '../../api/help.ts'
import { operationNames } from '../../api/model.ts'
import { kebabCase } from '../../api/names.ts'
import type { Kinds } from '../command.ts'

export interface OptionDoc {
  /** `--wait`, `--[no-]apply-immediately`, `-c, --count`. */
  readonly spelling: string
  readonly value: string
  readonly meaning: string
  readonly required: boolean
  /** Heading it stands under. */
  readonly group: string
}

export interface CommandDoc {
  /** As it is typed: `engine start`. */
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly words: readonly { readonly name: string; readonly meaning: string; readonly required: boolean }[]
  readonly options: readonly OptionDoc[]
  /** What its word can be, under a heading: each has a page of its own. */
  readonly kinds: readonly { readonly name: string; readonly summary: string }[]
  /** Without the leading `cachectl` where a command of ours is called. */
  readonly examples: readonly string[]
}

/** The part of oclif's classes and of its manifest's entries that documentation needs; they agree in it. */
export interface Documented {
  readonly id: string
  readonly summary?: string | undefined
  readonly description?: string | undefined
  readonly examples?: readonly unknown[] | undefined
  readonly args?: Readonly<Record<string, Word>> | undefined
  readonly flags?: Readonly<Record<string, Option>> | undefined
  readonly kinds?: Kinds | undefined
}

interface Word {
  readonly description?: string | undefined
  readonly offer?: string | undefined
  readonly among?: readonly string[] | undefined
  readonly choices?: readonly string[] | undefined
  readonly required?: boolean | undefined
  readonly multiple?: boolean | undefined
}

interface Option {
  readonly type: string
  readonly summary?: string | undefined
  readonly helpValue?: string | readonly string[] | undefined
  readonly helpGroup?: string | undefined
  readonly char?: string | undefined
  readonly allowNo?: boolean | undefined
  readonly choices?: readonly string[] | undefined
  readonly required?: boolean | undefined
  readonly hidden?: boolean | undefined
}

/** What help, man pages and completion tell of a command. */
export function documentationOf({ id, summary, description, examples, args, flags, kinds }: Documented): CommandDoc {
  return {
    name: id.replaceAll(':', ' '),
    summary: summary ?? '',
    description: description ?? '',
    words: Object.entries(args ?? {}).map(([name, word]) => ({
      name: `<${name}>${word.multiple ? '...' : ''}`,
      meaning: word.description ?? '',
      required: word.required === true,
    })),
    options: Object.entries(flags ?? {}).flatMap(([name, option]) => (option.hidden ? [] : [optionDoc(name, option)])),
    kinds: Object.entries(kinds?.each ?? {}).map(([name, { summary }]) => ({ name, summary })),
    examples: (examples ?? []).map(String),
  }
}

/** The command with its word said: `engine fault inject node-crash`, and what that one takes. Undefined: it is no such word. */
export function kindOf(command: Documented, name: string): Documented | undefined {
  const { id, args, flags, examples, kinds } = command
  const kind = kinds?.each[name]
  if (!kinds || !kind) return undefined
  const own = new Set(Object.values(kinds.each).flatMap((each) => each.flags))
  const taken = ([flag]: readonly [string, unknown]) => !own.has(flag) || kind.flags.includes(flag)
  return {
    id: `${id}:${name}`,
    summary: kind.summary,
    examples: (examples ?? []).filter((example) => String(example).split(' ').includes(name)),
    args: Object.fromEntries(Object.entries(args ?? {}).filter(([word]) => word !== kinds.of)),
    flags: Object.fromEntries(
      Object.entries(flags ?? {})
        .filter(taken)
        .map(([flag, option]) => [flag, { ...option, choices: kind.choices?.[flag] ?? option.choices }]),
    ),
  }
}

function optionDoc(name: string, option: Option): OptionDoc {
  const long = option.allowNo ? `--[no-]${name}` : `--${name}`
  return {
    spelling: option.char ? `-${option.char}, ${long}` : long,
    value: option.type === 'boolean' ? '' : String(option.helpValue ?? '<value>'),
    meaning: option.summary ?? '',
    required: option.required === true,
    group: option.helpGroup ?? 'OPTIONS',
  }
}

export interface Chapter {
  readonly title: string
  /** Its commands are operations of the API. */
  readonly ofApi?: true
  readonly ids: readonly string[]
}

const EVERY_DAY = ['list', 'scale', 'tag', 'users', 'quotas', 'diff', 'maintenance', 'backup', 'target', 'completion']

/** Our own commands in the order a person meets them; what is not named here follows by name. */
const ORDER = [
  ...['quickstart', 'engine:start', 'engine:status', 'engine:env', 'engine:logs', 'engine:stop', 'engine:reset'],
  ...[
    'engine:ca',
    ...EVERY_DAY,
    'endpoints',
    'metrics',
    'top',
    'discover',
    'probe',
    'doctor',
    'dns',
    'tls',
    'preference',
    'connections',
    'proxy',
  ],
]

/** Every command once, in the order the root page lists them, whatever order they are given in. */
export function chapters(ids: readonly string[]): Chapter[] {
  const operationIds = new Set<string>(operationNames.map(kebabCase))
  const named = ORDER.filter((id) => ids.includes(id))
  const others = ids.filter((id) => !operationIds.has(id) && !ORDER.includes(id)).sort()
  const ours = [...named, ...others]
  const isEngine = (id: string) => id === 'quickstart' || id.startsWith('engine:')
  const isEveryDay = (id: string) => EVERY_DAY.includes(id.split(':')[0] ?? '')
  const isWait = (id: string) => id.startsWith('wait:')
  return [
    { title: 'Local engine', ids: ours.filter(isEngine) },
    { title: 'Every day', ids: ours.filter((id) => isEveryDay(id)) },
    {
      title: 'Endpoints and diagnosis',
      ids: ours.filter((id) => !isEngine(id) && !isWait(id) && !isEveryDay(id)),
    },
    ...groups.map((title) => ({ title, ofApi: true as const, ids: operationsIn(title).map(kebabCase) })),
    { title: 'Waiting', ids: ours.filter(isWait) },
  ].filter((chapter) => chapter.ids.length > 0)
}
