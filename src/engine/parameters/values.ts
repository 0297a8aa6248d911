/** What values of parameters mean: which are allowed, which wait for a reboot. Pure. */
import { effectiveValue, existsIn, type Parameter, type Parameters } from '../families/parameter.ts'
import type { ParameterValues } from '../store/records.ts'

/** The value in the form it is stored in; undefined when the parameter does not allow it. */
export function readValue({ type, allowed }: Parameter, text: string): string | undefined {
  const choices = allowed.split(',')
  if (choices.length > 1) return choices.includes(text) ? text : undefined
  const form = type === 'float' ? /^\d{1,15}(\.\d{1,15})?$/ : /^\d{1,15}$/
  if (!form.test(text)) return undefined
  const [least = 0, most = 0] = allowed.split('-').map(Number)
  const number = Number(text)
  return number >= least && number <= most ? String(number) : undefined
}

/** The first of some versions, which are told the newest first, that has a parameter; undefined when none does. */
export const sinceIn = (versions: readonly string[], parameter: Parameter): string | undefined =>
  versions.findLast((version) => existsIn(parameter, version))

/** Whether a node that started with one set of values has to be rebooted to go by the other. */
export const needsReboot = (
  parameters: Parameters,
  started: ParameterValues,
  wanted: ParameterValues,
  version: string,
): boolean =>
  Object.entries(parameters).some(
    ([name, parameter]) =>
      parameter.change !== 'immediate' &&
      existsIn(parameter, version) &&
      effectiveValue(parameters, started, name, version) !== effectiveValue(parameters, wanted, name, version),
  )

/** What a node goes by: immediate parameters are those of today, the others those it started with. */
export function valuesInForce(
  parameters: Parameters,
  started: ParameterValues,
  wanted: ParameterValues,
): ParameterValues {
  const entries = Object.entries(parameters).map(
    ([name, { change }]) => [name, (change === 'immediate' ? wanted : started)[name]] as const,
  )
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}
