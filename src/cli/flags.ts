/**
 * The model's members and the options of every command as oclif flags. The objects are made here rather than by
 * oclif's Flags, whose module loads its whole help renderer: an operation call must not pay for that.
 */
import type { Interfaces } from '@oclif/core'
import { enumValues, inputOf, type OperationName } from '../api/model.ts'
import { kebabCase } from '../api/names.ts'
import type { Member } from '../api/shapes.ts'

export type Flag = (Interfaces.OptionFlag<unknown> | Interfaces.BooleanFlag<unknown>) & {
  /** What the option means without a value. */
  readonly bare?: string
  readonly own?: boolean
  /** A repeated option adds to its list; in aws-cli the last one wins. */
  readonly gathers?: boolean
}
export type Flags = Record<string, Flag>

interface Wording {
  readonly summary: string
  readonly helpValue?: string
  readonly helpGroup?: string
  readonly hidden?: boolean
  readonly char?: string
  /** aws-cli has no such option; a prefix that fits one of aws-cli's never means it. */
  readonly own?: boolean
}

const noParse = async (input: unknown): Promise<unknown> => input

/** An option with one value, as text: what it means is decided by who reads it. */
export const text = (wording: Wording, more: { default?: string; bare?: string } = {}): Flag => option(wording, more)

/** An option of our own with one or more values: `--to a b`, or `--to a --to b`. */
export const texts = (wording: Wording): Flag => option(wording, { multiple: true, gathers: true })

/** `--wait`; with `allowNo` also `--no-wait`. */
export const toggle = (wording: Wording, allowNo = false): Flag =>
  ({ type: 'boolean', parse: noParse, allowNo, ...wording }) as unknown as Flag // oclif's type wants parse contexts

function option(
  wording: Wording,
  more: { multiple?: boolean; gathers?: boolean; default?: string; bare?: string },
): Flag {
  return {
    type: 'option',
    parse: noParse,
    input: [],
    multiple: false,
    helpValue: '<value>',
    ...wording,
    ...more,
  } as unknown as Flag // as above
}

/** What a member means, for help. A call is made without it, so that it doesn't load the help texts. */
export type Describe = (operation: OperationName, member: string) => string

/** The members of an operation's input as options, spelled as aws-cli spells them. */
export function memberFlags(name: OperationName, describe: Describe = () => ''): Flags {
  const { members, required } = inputOf(name)
  return Object.fromEntries(
    Object.entries(members).map(([memberName, member]) => {
      const flag = memberFlag(member, describe(name, memberName))
      const option = kebabCase(memberName)
      const aliases = ALIASES[option]
      return [
        option,
        { ...flag, ...(aliases && { aliases }), ...(required.includes(memberName) && { required: true }) } as Flag,
      ]
    }),
  )
}

/** Spellings that aws-cli keeps for the scripts of its early days. */
const ALIASES: Readonly<Record<string, string[]>> = {
  'preferred-cache-cluster-azs': ['preferred-cache-cluster-a-zs'],
}

function memberFlag(member: Member, meaning: string): Flag {
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
