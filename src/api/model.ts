import type * as Sdk from '@aws-sdk/client-elasticache'
import { model } from './model.generated.ts'
import type { Operation, Structure } from './shapes.ts'
import { isNameOf, namesOf } from './tables.ts'

export type OperationName = keyof typeof model.operations

type CommandOf<N extends OperationName> = InstanceType<(typeof Sdk)[`${N}Command`]>

/** Input and output types are the SDK's own, so that handlers and commands are checked against the API itself. */
export type Input<N extends OperationName> = CommandOf<N>['input']

export type Output<N extends OperationName> =
  // biome-ignore lint/suspicious/noExplicitAny: the middleware's own parameters do not matter, only what it resolves to
  CommandOf<N> extends { resolveMiddleware(...context: any[]): (...input: any[]) => Promise<{ output: infer O }> }
    ? Omit<O, '$metadata'>
    : never

export const operationNames = namesOf(model.operations)

export const isOperation = (name: string): name is OperationName => isNameOf(model.operations, name)

/** What the API's model says of an operation. */
export const operation = (name: OperationName): Operation => model.operations[name]

/** A structure of the model by its shape name; throws on a name the model lacks, which is a bug, never input. */
export function structure(shape: string): Structure {
  const structures: Readonly<Record<string, Structure>> = model.structures
  const found = structures[shape]
  if (!found) throw new Error(`the API model has no structure ${shape}`)
  return found
}

/** The structure of an operation's input. */
export const inputOf = (name: OperationName): Structure => structure(operation(name).input)

/** The words that the API documents for an enumeration, by its shape name; none for shapes without such a list. */
export function enumValues(name: string): readonly string[] {
  const enums: Readonly<Record<string, readonly string[]>> = model.enums
  return enums[name] ?? []
}
