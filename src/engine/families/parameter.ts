/** What a parameter is, and what its values mean to nodes of a version: true of every family. Pure. */
import type { NodeType } from '../../api/catalog/node-types.ts'
import { isAtLeast } from '../../api/catalog/versions.ts'

export type DataType = 'integer' | 'float' | 'boolean' | 'string'

/** When a change takes effect; `fixed` cannot be changed. "At launch" and "after restart" of the guide are both a reboot. */
export type Change = 'immediate' | 'requires-reboot' | 'fixed'

export interface Parameter {
  readonly default: string
  readonly type: DataType
  /** As AWS prints it: choices `0,1`, or one range `1-1024`. */
  readonly allowed: string
  readonly change: Change
  /** First engine version that has it. */
  readonly since: string
  /** First engine version that no longer has it. */
  readonly until?: string
  readonly description: string
}

/** Of one family, by their names. */
export type Parameters<Name extends string = string> = Readonly<Record<Name, Parameter>>

/** What a group sets, by parameter name; what it leaves at the default is not there. */
export type Values<Name extends string> = Readonly<Partial<Record<Name, string>>>

/** A parameter whose value depends on the node type. Users can't change it. */
export interface NodeTypeParameter {
  readonly name: string
  readonly description: string
  value(type: NodeType): string
}

/** A parameter in one line. */
export type ParameterRow = readonly [
  value: string,
  type: DataType,
  allowed: string,
  change: Change,
  since: string,
  description: string,
  until?: string,
]

const toParameter = ([value, type, allowed, change, since, description, until]: ParameterRow): Parameter => ({
  default: value,
  type,
  allowed,
  change,
  since,
  description,
  ...(until && { until }),
})

export const parametersOf = <Name extends string>(rows: Readonly<Record<Name, ParameterRow>>): Parameters<Name> =>
  Object.fromEntries(
    Object.entries<ParameterRow>(rows).map(([name, row]) => [name, toParameter(row)]),
    // Sound: the keys are those of the rows.
  ) as Parameters<Name>

/** Whether an engine of this version has the parameter. */
export const existsIn = ({ since, until }: Parameter, version: string): boolean =>
  isAtLeast(version, since) && !(until && isAtLeast(version, until))

/** What an engine of this version goes by: the value given, or the default. */
export const effectiveValue = <Name extends string>(
  parameters: Parameters<Name>,
  values: Values<Name>,
  name: Name,
  version: string,
): string => (existsIn(parameters[name], version) ? values[name] : undefined) ?? parameters[name].default
