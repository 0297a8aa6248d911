/**
 * The model's members and the options of every command as oclif flags. The objects are made here rather than by
 * oclif's Flags, whose module loads its whole help renderer: an operation call must not pay for that.
 */
import type { Interfaces } from '@oclif/core'
import { enumValues, inputOf, type OperationName } from '../api/model.ts'
import { kebabCase } from '../api/names.ts'
import type { Member } from '../api/shapes.ts'
import { usageProblem } from './problem.ts'

/** What was said of an option on the line, before it is read; undefined: nothing. */
export type Said = string | readonly string[] | boolean | undefined

/** An option, and what a command gets of it: `T`. */
export type Flag<T = unknown> = (Interfaces.OptionFlag<unknown> | Interfaces.BooleanFlag<unknown>) & {
  /** What the option means without a value. */
  readonly bare?: string
  readonly own?: boolean
  /** A repeated option adds to its list; in aws-cli the last one wins. */
  readonly gathers?: boolean
  /** The few words it takes, where it takes no others. */
  readonly choices?: readonly string[]
  /** Absent: the command gets what was said. Throws a usage problem that names the `argument`. */
  readonly read?: (said: Said, argument: string) => T
}
export type Flags = Readonly<Record<string, Flag>>

/** What a command gets of its options. */
export type ValuesOf<F extends Flags> = { readonly [Name in keyof F]: F[Name] extends Flag<infer T> ? T : never }

interface Wording {
  readonly summary: string
  readonly helpValue?: string
  readonly helpGroup?: string
  readonly hidden?: boolean
  readonly char?: string
  /** aws-cli has no such option; a prefix that fits one of aws-cli's never means it. */
  readonly own?: boolean
}

/** `otherwise`: what the command gets when the option is not given. */
interface Otherwise<D> extends Wording {
  readonly otherwise?: D
}

const noParse = async (input: unknown): Promise<unknown> => input

/** An option with one value, as text. */
export const text = (wording: Wording, more: { bare?: string } = {}): Flag<string | undefined> => option(wording, more)

/** An option with one value that `read` makes something of, or refuses: it throws a usage problem. */
export function value<T, D extends T | undefined = undefined>(
  { otherwise, ...wording }: Otherwise<D>,
  read: (text: string, argument: string) => T,
  more: { choices?: readonly string[] } = {},
): Flag<T | D> {
  return option(wording, {
    ...more,
    // D is undefined where there is no `otherwise`.
    read: (said, argument) => (typeof said === 'string' ? read(said, argument) : (otherwise as D)),
  })
}

/** An option that takes one of a few words. */
export function choice<const C extends string>(
  choices: readonly C[],
  wording: Wording & { readonly otherwise: NoInfer<C> },
): Flag<C>
export function choice<const C extends string>(choices: readonly C[], wording: Wording): Flag<C | undefined>
export function choice<const C extends string>(choices: readonly C[], wording: Otherwise<C>): Flag<C | undefined> {
  return value<C, C | undefined>(wording, (said, argument) => oneOf(choices, said, argument), { choices })
}

/** The one of the words that was said. `argument`: of which option or word, as refusals name it. */
export function oneOf<C extends string>(choices: readonly C[], said: string, argument: string): C {
  const found = choices.find((each) => each === said)
  if (found !== undefined) return found
  throw usageProblem(`argument ${argument}: invalid choice: '${said}' (choose from: ${choices.join(', ')})`)
}

/** An option of our own with one or more values: `--to a b`, or `--to a --to b`. None: it was not given. */
export const texts = (wording: Wording): Flag<readonly string[]> => values(wording, (said) => said)

/** The same, each value read by `read`. */
export const values = <T>(wording: Wording, read: (text: string, argument: string) => T): Flag<readonly T[]> =>
  option(wording, {
    multiple: true,
    gathers: true,
    read: (said, argument) => {
      if (!Array.isArray(said)) return []
      if (said.length === 0) throw usageProblem(`argument ${argument}: expected at least one argument`)
      return said.map((each) => read(each, argument))
    },
  })

/** `--wait`; with `allowNo` also `--no-wait`, and then undefined is neither. */
export function toggle(wording: Wording): Flag<boolean>
export function toggle(wording: Wording, allowNo: true): Flag<boolean | undefined>
export function toggle(wording: Wording, allowNo = false): Flag<boolean | undefined> {
  const read = allowNo ? {} : { read: (said: Said) => said === true }
  return { type: 'boolean', parse: noParse, allowNo, ...read, ...wording } as unknown as Flag<boolean | undefined> // oclif's type wants parse contexts
}

/** An option that cannot be left out. */
export const required = <T>(flag: Flag<T>): Flag<Exclude<T, undefined>> =>
  ({ ...flag, required: true }) as Flag<Exclude<T, undefined>> // the parser refuses a line without it

function option<T>(
  wording: Wording,
  more: { multiple?: boolean; bare?: string } & Pick<Flag<T>, 'gathers' | 'choices' | 'read'>,
): Flag<T> {
  return {
    type: 'option',
    parse: noParse,
    input: [],
    multiple: false,
    helpValue: '<value>',
    ...wording,
    ...more,
  } as unknown as Flag<T> // as above
}

/** Options whose values are known at run time only: those of operations. */
export type OperationFlags = Readonly<Record<string, Flag<Said | number>>>

/** What a member means, for help. A call is made without it, so that it doesn't load the help texts. */
export type Describe = (operation: OperationName, member: string) => string

/** The members of an operation's input as options, spelled as aws-cli spells them. */
export function memberFlags(name: OperationName, describe: Describe = () => ''): OperationFlags {
  const { members, required } = inputOf(name)
  return Object.fromEntries(
    Object.entries(members).map(([memberName, member]) => {
      const flag = memberFlag(member, describe(name, memberName))
      const option = kebabCase(memberName)
      const aliases = ALIASES[option]
      return [
        option,
        {
          ...flag,
          ...(aliases && { aliases }),
          ...(required.includes(memberName) && { required: true }),
        } as Flag<Said>, // of the kind that memberFlag made
      ]
    }),
  )
}

/** Spellings that aws-cli keeps for the scripts of its early days. */
const ALIASES: Readonly<Record<string, string[]>> = {
  'preferred-cache-cluster-azs': ['preferred-cache-cluster-a-zs'],
}

function memberFlag(member: Member, meaning: string): Flag<Said> {
  const wording = { summary: meaning + choices(member, meaning), helpValue: placeholder(member) }
  if (member.kind === 'boolean') return toggle(wording, true)
  return member.kind === 'list' ? option(wording, { multiple: true }) : text(wording)
}

const PLACEHOLDERS: Record<Member['kind'], string> = {
  string: '<text>',
  number: '<number>',
  boolean: '',
  timestamp: '<time>',
  list: '<values>',
  structure: '<Key=value,...>',
}

function placeholder(member: Member): string {
  if (member.kind === 'list') return `${placeholder(member.of)}...`
  return PLACEHOLDERS[member.kind]
}

function choices(member: Member, meaning: string): string {
  if (member.kind === 'list') return choices(member.of, meaning)
  if (member.kind !== 'string' || !member.enum) return ''
  const values = enumValues(member.enum)
  return values.every((value) => meaning.includes(value)) ? '' : ` (${values.join(', ')})`
}
