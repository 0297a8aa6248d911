import { Fault } from '../../api/faults.ts'
import { statisticOf } from '../metrics/statistics.ts'
import { datapoints, find, firstOf, type MetricsContext, MINUTE_MS, needed, spanOf, tokenOf } from './lookup.ts'
import type { GetMetricDataInput, MetricDataQuery } from './model.ts'

/** Limits of CloudWatch. */
const MOST_QUERIES = 500
const MOST_RETURNED = 100_800

export function GetMetricData(input: GetMetricDataInput, context: MetricsContext): object {
  const { MetricDataQueries: queries = [], StartTime, EndTime, ScanBy = 'TimestampDescending' } = input
  needed({ MetricDataQueries: input.MetricDataQueries, StartTime, EndTime })
  refuseQueries(queries, context)
  const found = queries.flatMap((query, index) =>
    query.ReturnData === false ? [] : [resultOf(query, `MetricDataQueries.member.${index + 1}`, input, context)],
  )
  if (ScanBy === 'TimestampDescending') for (const { points } of found) points.reverse()
  return pageOf(found, firstOf(input.NextToken), mostOf(input.MaxDatapoints))
}

function refuseQueries(queries: readonly MetricDataQuery[], { account }: MetricsContext): void {
  if (queries.length > MOST_QUERIES) {
    throw new Fault(
      'ValidationError',
      `The collection MetricDataQueries must not have a size greater than ${MOST_QUERIES}.`,
    )
  }
  const ids = new Set<string>()
  for (const [index, { Id = '', MetricStat, Expression, Label, AccountId }] of queries.entries()) {
    const path = `MetricDataQueries.member.${index + 1}`
    if (!/^[a-z]\w{0,254}$/.test(Id)) {
      throw new Fault(
        'ValidationError',
        `The value ${Id} for parameter ${path}.Id is not matching ^[a-z][a-zA-Z0-9_]*$.`,
      )
    }
    if (ids.has(Id))
      throw new Fault('ValidationError', `The values for parameter Id in MetricDataQueries are not unique.`)
    ids.add(Id)
    if (Expression !== undefined) {
      throw new Fault(
        'UnsupportedOperation',
        `The local engine does not evaluate expressions (${path}.Expression); ask for metrics with MetricStat.`,
      )
    }
    if (!MetricStat) throw new Fault('ValidationError', `${path} needs either MetricStat or Expression.`)
    needed({ [`${path}.MetricStat.Metric`]: MetricStat.Metric, [`${path}.MetricStat.Period`]: MetricStat.Period })
    if (Label?.includes('${')) {
      throw new Fault('UnsupportedOperation', `The local engine has no dynamic labels (${path}.Label).`)
    }
    if (AccountId !== undefined && AccountId !== account) {
      throw new Fault('ValidationError', `${path}.AccountId: the account ${AccountId} is not linked to this one.`)
    }
  }
}

interface Found {
  readonly id: string
  readonly label: string
  readonly points: { readonly start: number; readonly value: number }[]
}

function resultOf(query: MetricDataQuery, path: string, input: GetMetricDataInput, context: MetricsContext): Found {
  const { Id = '', MetricStat, Label } = query
  const { Metric = {}, Period, Stat = '', Unit } = MetricStat ?? {}
  const statistic = statisticOf(Stat)
  if (!statistic) {
    throw new Fault(
      'ValidationError',
      `The value ${Stat} for parameter ${path}.MetricStat.Stat is not a valid statistic.`,
    )
  }
  const span = spanOf(input.StartTime, input.EndTime, Period, 'ValidationError', `${path}.MetricStat.Period`)
  const metric = find(Metric, Unit, context)
  return {
    id: Id,
    label: Label ?? Metric.MetricName ?? '',
    points: (metric ? datapoints(metric, span) : []).map(({ start, samples }) => ({
      start,
      value: statistic(samples),
    })),
  }
}

function mostOf(given: number | undefined): number {
  if (given === undefined) return MOST_RETURNED
  if (given >= 1 && given <= MOST_RETURNED) return given
  throw new Fault('ValidationError', `The parameter MaxDatapoints must be between 1 and ${MOST_RETURNED}.`)
}

/** The datapoints of all results, one result after the other, from the `first` on. */
function pageOf(found: readonly Found[], first: number, most: number): object {
  let before = 0
  const results = found.flatMap(({ id, label, points }) => {
    const page = points.slice(Math.max(0, first - before), Math.max(0, first + most - before))
    const isLater = before > 0 && before >= first + most
    const isDone = before + points.length <= first + most
    before += points.length
    // A result that has been given whole does not come again; one without datapoints comes with the first page.
    if (isLater || (first > 0 && page.length === 0)) return []
    return {
      Id: id,
      Label: label,
      Timestamps: page.map(({ start }) => new Date(start * MINUTE_MS)),
      Values: page.map(({ value }) => value),
      StatusCode: isDone ? 'Complete' : 'PartialData',
    }
  })
  return {
    MetricDataResults: results,
    Messages: [],
    ...(before > first + most && { NextToken: tokenOf(first + most) }),
  }
}
