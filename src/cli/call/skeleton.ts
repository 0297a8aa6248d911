/** `--generate-cli-skeleton`: what an operation takes or answers, with nothing in it yet. */
import { helpOf } from '../../api/help.ts'
import { enumValues, type OperationName, operation, structure } from '../../api/model.ts'
import type { Member } from '../../api/shapes.ts'
import { jsonText } from '../output/json.ts'
import type { Printer } from '../output/print.ts'
import { Float } from '../output/python-text.ts'
import type { FlagValues } from '../parse.ts'
import { usageProblem } from '../problem.ts'
import { print } from '../terminal.ts'
import { readInputFile } from './input-file.ts'
import { inputFrom } from './operation-input.ts'

/** Prints it; for `output` after the input has been checked, as if it were sent. */
export async function showSkeleton(name: OperationName, flags: FlagValues, printer: Printer): Promise<void> {
  switch (skeletonKind(flags['generate-cli-skeleton'])) {
    case 'input':
      return print(jsonText(inputSkeleton(name)))
    case 'yaml-input':
      return print(yamlSkeleton(name))
    case 'output':
      inputFrom(name, flags, await readInputFile(flags))
      // Python's str() of a time has a space where its isoformat() has a T.
      return printer.whole(outputSkeleton(name, ['text', 'table'].includes(printer.form) ? ' ' : 'T') as object)
  }
}

const KINDS = ['input', 'yaml-input', 'output'] as const

type SkeletonKind = (typeof KINDS)[number]

function skeletonKind(given: unknown): SkeletonKind {
  const kind = KINDS.find((candidate) => candidate === given)
  if (kind) return kind
  throw usageProblem(
    `argument --generate-cli-skeleton: invalid choice: '${String(given)}' (choose from: ${KINDS.join(', ')})`,
  )
}

/** For `--cli-input-json`. Of an enum the first value, where aws-cli draws lots. */
const inputSkeleton = (name: OperationName): unknown => structureSkeleton(operation(name).input, enumOrEmpty, [])

/** Strings hold their member's name, times the beginning of Unix time: `separator` is what stands before their hour. */
function outputSkeleton(name: OperationName, separator: string): unknown {
  const shape = operation(name).output
  return shape ? structureSkeleton(shape, nameOf, [], separator) : {}
}

type StringFor = (name: string, member: Member) => string

const enumOrEmpty: StringFor = (_, member) =>
  member.kind === 'string' && member.enum ? (enumValues(member.enum)[0] ?? '') : ''

const nameOf: StringFor = (name) => name

function structureSkeleton(shape: string, text: StringFor, within: readonly string[], separator = 'T'): object {
  // A structure inside itself is shown once.
  if (within.filter((outer) => outer === shape).length > 1) return {}
  const { members } = structure(shape)
  const entries = Object.entries(members).map(([name, member]) => {
    return [name, memberSkeleton(name, member, text, [...within, shape], separator)] as const
  })
  return Object.fromEntries(entries)
}

/** The names of scalar elements, which the SDK doesn't tell, by the list that holds them (botocore's model). */
const ELEMENT_NAMES: Readonly<Record<string, string>> = {
  UserGroupIds: 'UserGroupId',
  UserGroupIdsToAdd: 'UserGroupId',
  UserGroupIdsToRemove: 'UserGroupId',
  UserIds: 'UserId',
  UserIdsToAdd: 'UserId',
  UserIdsToRemove: 'UserId',
}

const elementName = (list: string, of: Member): string =>
  (of.kind === 'string' && of.enum) || (ELEMENT_NAMES[list] ?? 'String')

function memberSkeleton(
  name: string,
  member: Member,
  text: StringFor,
  within: readonly string[],
  separator: string,
): unknown {
  switch (member.kind) {
    case 'structure':
      return structureSkeleton(member.shape, text, within, separator)
    case 'list':
      return [memberSkeleton(elementName(name, member.of), member.of, text, within, separator)]
    case 'string':
      return text(name, member)
    case 'number':
      return member.double ? new Float(0) : 0
    case 'boolean':
      return true
    case 'timestamp':
      return `1970-01-01${separator}00:00:00`
  }
}

/** For `--cli-input-yaml`: each member with what it means, in our own words. */
const yamlSkeleton = (name: OperationName): string =>
  structureLines(operation(name).input, (member) => helpOf(name, member), 0, [])
    .join('\n')
    .concat('\n')

type Meaning = (member: string) => string

function structureLines(shape: string, meaning: Meaning, indent: number, within: readonly string[]): string[] {
  const { members, required } = structure(shape)
  return Object.entries(members).flatMap(([name, member]) => {
    const comment = commentOf(member, required.includes(name), meaning(name))
    const [first = '', ...more] = valueLines(member, indent, [...within, shape])
    return [`${' '.repeat(indent)}${name}:${first && ` ${first}`}${comment}`, ...more]
  })
}

function commentOf(member: Member, required: boolean, meaning: string): string {
  const of = member.kind === 'list' ? member.of : member
  const values = of.kind === 'string' && of.enum ? `Valid values are: ${enumValues(of.enum).join(', ')}.` : ''
  const words = [required ? '[REQUIRED]' : '', meaning, values].filter(Boolean).join(' ')
  return words === '' ? '' : ` # ${words}`
}

/** The first line stands behind the member's name, the others under it. */
function valueLines(member: Member, indent: number, within: readonly string[]): string[] {
  const pad = ' '.repeat(indent)
  switch (member.kind) {
    case 'structure':
      if (within.filter((outer) => outer === member.shape).length > 1) return ['{}']
      return ['', ...structureLines(member.shape, () => '', indent + 2, within)]
    case 'list': {
      const [first = '', ...more] = valueLines(member.of, indent, within)
      if (member.of.kind !== 'structure') return ['', `${pad}- ${first}`]
      const [head = '', ...tail] = more
      return ['', `${pad}- ${head.trimStart()}`, ...tail]
    }
    case 'string':
      return [(member.enum && enumValues(member.enum)[0]) || "''"]
    case 'number':
      return [member.double ? '0.0' : '0']
    case 'boolean':
      return ['true']
    case 'timestamp':
      return ['1970-01-01 00:00:00']
  }
}
