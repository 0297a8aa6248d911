/** What values of parameters mean: which are allowed, which wait for a reboot. Pure. */
import {
  effectiveValue,
  existsIn,
  isByRestart,
  isImmediate,
  type NodeTypeParameter,
  type Parameter,
  type Parameters,
  parameterIn,
} from '../families/parameter.ts'
import type { ParameterValues } from '../store/records.ts'

const NUMBER = { integer: /^-?\d{1,15}$/, float: /^\d{1,15}(\.\d{1,15})?$/ } as const

/** The value in the form it is stored in; undefined when the parameter does not allow it. */
export function readValue({ type, allowed, read }: Omit<Parameter, 'change'>, text: string): string | undefined {
  if (read) return read(text)
  const forms = allowed === '' ? [ANY] : allowed.split(',')
  if (type === 'string' || type === 'boolean') return allowed === '' || forms.includes(text) ? text : undefined
  const number = Number(text)
  if (!NUMBER[type].test(text) || !forms.some((form) => isWithin(number, form))) return undefined
  return String(number)
}

const ANY = '-'

/** @param form A number, a range such as `1-65000` or `20-`, or any number. */
function isWithin(number: number, form: string): boolean {
  if (form === ANY || Number(form) === number) return true
  const [, least, most] = /^([\d.]+)-([\d.]*)$/.exec(form) ?? []
  return least !== undefined && number >= Number(least) && (!most || number <= Number(most))
}

/** The first of some versions, which are told the newest first, that has a parameter; undefined when none does. */
export const sinceIn = (versions: readonly string[], parameter: Parameter | NodeTypeParameter): string | undefined =>
  versions.findLast((version) => existsIn(parameter, version))

/** Whether a node that started with one set of values has to be rebooted to go by the other. */
export const needsReboot = (
  parameters: Parameters,
  started: ParameterValues,
  wanted: ParameterValues,
  version: string,
): boolean =>
  differ(parameters, started, wanted, version, (parameter) => !isImmediate(parameter) && !isByRestart(parameter))

/** Whether it starts anew by itself to do so. */
export const needsRestart = (
  parameters: Parameters,
  started: ParameterValues,
  wanted: ParameterValues,
  version: string,
): boolean => differ(parameters, started, wanted, version, isByRestart)

/** Whether some of the parameters mean other things to an engine of a version by one set of values than by the other. */
const differ = (
  parameters: Parameters,
  one: ParameterValues,
  other: ParameterValues,
  version: string,
  counts: (parameter: Parameter) => boolean,
): boolean =>
  Object.entries(parameters).some(
    ([name, parameter]) =>
      counts(parameter) &&
      existsIn(parameter, version) &&
      effectiveValue(parameters, one, name, version) !== effectiveValue(parameters, other, name, version),
  )

/** What a node goes by: immediate parameters are those of today, the others those it started with. */
export function valuesInForce(
  parameters: Parameters,
  started: ParameterValues,
  wanted: ParameterValues,
): ParameterValues {
  const entries = Object.entries(parameters).map(
    ([name, parameter]) => [name, (isImmediate(parameter) ? wanted : started)[name]] as const,
  )
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

/** The first parameter that nothing in use can change, and of which two groups say other values. */
export const otherBeforeUse = (
  parameters: Parameters,
  one: ParameterValues,
  other: ParameterValues,
  version: string,
): string | undefined =>
  Object.entries(parameters).find(
    ([name, parameter]) =>
      existsIn(parameter, version) &&
      parameterIn(parameter, version).change === 'before-use' &&
      effectiveValue(parameters, one, name, version) !== effectiveValue(parameters, other, name, version),
  )?.[0]
