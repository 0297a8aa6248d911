import type { EngineFacts } from '../../api/catalog/engines.ts'
import type { NodeType } from '../../api/catalog/node-types.ts'
import { Fault, type FaultCode } from '../../api/faults.ts'
import type { Parameter, ParameterName } from '../catalog/parameters.ts'
import type { ParameterOptions } from '../parameters/node-options.ts'

/** What parameters a group sets, by their names; the others are at their default. */
type Values<Name extends string> = Readonly<Partial<Record<Name, string>>>

/** Why a member of a request is refused, unless its value is harmless. */
export type Refusal = readonly [
  code: FaultCode,
  message: string | ((value: unknown) => string),
  allow?: (value: unknown) => boolean,
]

/** What an engine is, to the rooms that need not know which it is. */
export interface Family<Name extends string = ParameterName, Options extends object = ParameterOptions> {
  readonly engine: EngineFacts
  readonly parameters: Readonly<Record<Name, Parameter>>
  /** What a node of a version runs with, by the values of its group. */
  optionsOf(values: Values<Name>, version: string): Options
  /** Bytes a node of a type has for items. */
  memoryForItems(values: Values<Name>, version: string, type: NodeType): number
  /** Members of requests about clusters that the engine has no meaning for, or that cannot be honoured. */
  readonly refusals: Readonly<Record<string, Refusal>>
}

/** Throws for the first member of a request that the family refuses, by a value that is not harmless. */
export function refuseUnsupported(input: object, { refusals }: Pick<Family, 'refusals'>): void {
  for (const [member, value] of Object.entries(input)) {
    const refusal = refusals[member]
    if (!refusal) continue
    const [code, message, allow] = refusal
    if (allow?.(value)) continue
    throw new Fault(code, typeof message === 'string' ? message : message(value))
  }
}
