/** cachectl's own one-line help of the ElastiCache API. No I/O, and no import of the model at run time. */

import { memberHelp, memberHelpOf } from './help/members.ts'
import { type Group, type OperationHelp, operationHelp } from './help/operations.ts'
import type { OperationName } from './model.ts'
import { kebabCase } from './names.ts'

export { type Group, groups } from './help/operations.ts'

/** What the operation does: an imperative phrase of at most 72 characters, without a full stop. */
export const summaryOf = (operation: OperationName): string => operationHelp[operation].summary

/** The heading under which root help lists the operation, one of {@link groups}. */
export const groupOf = (operation: OperationName): Group => operationHelp[operation].group

/** The operations under a heading, in the order root help lists them: create, show, change, delete. */
export const operationsIn = (group: Group): readonly OperationName[] =>
  operations.filter((operation) => groupOf(operation) === group)

// The cast holds: the table is checked to have exactly the operations of the model.
const operations = Object.keys(operationHelp) as OperationName[]

/** Command lines for a POSIX shell without the leading `cachectl`; they parse, and what they name need not exist. */
export function examplesOf(operation: OperationName): readonly string[] {
  const { example }: OperationHelp = operationHelp[operation]
  return typeof example === 'string' ? [example] : example
}

/**
 * What an input member of the operation means there: at most 90 characters, lower case first, without a full stop.
 * A member this table does not know (of a newer API) is answered with the words of its name.
 */
export function helpOf(operation: OperationName, member: string): string {
  return overrides[`${operation}.${member}`] ?? defaults[member] ?? kebabCase(member).replaceAll('-', ' ')
}

const overrides: Readonly<Record<string, string | undefined>> = memberHelpOf
const defaults: Readonly<Record<string, string | undefined>> = memberHelp
