/** The metrics of whatever is measured: of each family its own, and those of all burstable nodes. */
import { METRICS, type MetricName, type Unit } from '../../api/catalog/metrics.ts'
import { FAMILIES } from '../families/all.ts'
import type { MetricSet } from '../families/metric.ts'
import type { CreditSample } from './credits.ts'

/** By their names, which are those of kinds of subjects. */
const SETS: ReadonlyMap<string, MetricSet> = new Map(
  FAMILIES.flatMap(({ metrics, serverless }) => [metrics, ...(serverless ? [serverless.metrics] : [])]).map((set) => [
    set.name,
    set,
  ]),
)

/** What the columns of samples mean, by kind of subject. */
export const COLUMNS: Readonly<Record<string, string>> = Object.fromEntries(
  [...SETS.values()].map(({ name, metrics }) => [name, metrics.map((each) => each.name).join(' ')]),
)

/** @param kind Of a subject. */
export function metricsOf(kind: string): MetricSet {
  const set = SETS.get(kind)
  if (!set) throw new Error(`no metrics of ${kind}`)
  return set
}

interface CreditMetric {
  readonly name: MetricName
  readonly unit: Unit
  readonly of: (sample: CreditSample) => number
}

/** Of nodes of burstable types, computed from their CPUUtilization when asked for. */
export const CREDIT_METRICS: readonly CreditMetric[] = [
  { name: 'CPUCreditUsage', unit: METRICS.CPUCreditUsage, of: ({ usage }) => usage },
  { name: 'CPUCreditBalance', unit: METRICS.CPUCreditBalance, of: ({ balance }) => balance },
]
