/** What a parameter is, and what its values mean to nodes of a version: true of every family. Pure. */
import type { NodeType } from '../../api/catalog/node-types.ts'
import { isAtLeast, isOlder } from '../../api/catalog/versions.ts'
import { rowsOf } from '../../api/tables.ts'

export type DataType = 'integer' | 'float' | 'boolean' | 'string'

/**
 * When a change takes effect. "At launch" and "after restart" of the guide are both a reboot. `before-use` can be changed while no
 * cluster uses the group; `fixed` and `fixed-immediate` never, and AWS prints the one as `requires-reboot`. What AWS applies at once,
 * and no server takes while it runs, is `immediate-by-restart`: nodes start anew for it, and keep what they hold.
 */
export type Change =
  | 'immediate'
  | 'immediate-by-restart'
  | 'requires-reboot'
  | 'before-use'
  | 'fixed'
  | 'fixed-immediate'

export interface Parameter {
  readonly default: string
  readonly type: DataType
  /**
   * As AWS prints it: choices `0,1`, a range `1-1024` or `0-`, any number `-`, or several of them (`0,20-`). Empty: anything of its
   * type, and AWS prints nothing.
   */
  readonly allowed: string
  readonly change: Change
  /** First engine version that has it. */
  readonly since: string
  /** First engine version that no longer has it. */
  readonly until?: string
  readonly description: string
  /** What is otherwise in later versions, the oldest first. */
  readonly eras?: readonly ParameterEra[]
  /** Of values that {@link allowed} does not tell: the form to store, undefined when it is not allowed. */
  readonly read?: (text: string) => string | undefined
}

export type ParameterEra = Readonly<Partial<Pick<Parameter, 'default' | 'allowed' | 'change'>>> & {
  readonly since: string
}

/** Of one family, by their names. */
export type Parameters<Name extends string = string> = Readonly<Record<Name, Parameter>>

/** What a group sets, by parameter name; what it leaves at the default is not there. */
export type Values<Name extends string> = Readonly<Partial<Record<Name, string>>>

/** A parameter whose value depends on the node type. Users can't change it. */
export interface NodeTypeParameter extends Lifespan {
  readonly name: string
  readonly description: string
  /** As AWS prints it. */
  readonly allowed: string
  readonly change: 'immediate' | 'requires-reboot'
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
  until?: string | undefined,
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

/** @param besides What has no place in a line. */
export const parametersOf = <Name extends string>(
  rows: Readonly<Record<Name, ParameterRow>>,
  besides: {
    readonly eras?: Readonly<Partial<Record<Name, Parameter['eras']>>>
    readonly readers?: Readonly<Partial<Record<Name, Parameter['read']>>>
  } = {},
): Parameters<Name> =>
  Object.fromEntries(
    rowsOf(rows).map(([name, row]) => {
      const eras = besides.eras?.[name]
      const read = besides.readers?.[name]
      return [name, { ...toParameter(row), ...(eras && { eras }), ...(read && { read }) }]
    }),
    // Sound: the keys are those of the rows.
  ) as Parameters<Name>

/** First engine version that has something, and the first that has it no longer; absent: all do. */
interface Lifespan {
  readonly since?: string
  readonly until?: string
}

/** Whether an engine of this version has the parameter. */
export const existsIn = ({ since, until }: Lifespan, version: string): boolean =>
  !(since && isOlder(version, since)) && !(until && isAtLeast(version, until))

/** What a parameter is to an engine of this version. */
export function parameterIn(parameter: Parameter, version: string): Parameter {
  // Most are the same in every version, and this is asked of each of them for every node that is described.
  if (!parameter.eras) return parameter
  const eras = parameter.eras.filter(({ since }) => isAtLeast(version, since))
  const changes: Partial<Parameter>[] = eras.map(({ since: _, ...era }) => era)
  return Object.assign({}, parameter, ...changes) as Parameter // as assign has it of parts
}

/** What an engine of this version goes by: the value given, or the default. */
export const effectiveValue = <Name extends string>(
  parameters: Parameters<Name>,
  values: Values<Name>,
  name: Name,
  version: string,
): string =>
  (existsIn(parameters[name], version) ? values[name] : undefined) ?? parameterIn(parameters[name], version).default

/** Whether nodes take another value while they run. */
export const isImmediate = ({ change }: Parameter): boolean => change === 'immediate' || change === 'fixed-immediate'

/** Whether nodes start anew for another value, without being asked to. */
export const isByRestart = ({ change }: Parameter): boolean => change === 'immediate-by-restart'

/** Whether nobody can set it, ever. */
export const isFixed = ({ change }: Parameter): boolean => change === 'fixed' || change === 'fixed-immediate'
