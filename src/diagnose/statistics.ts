import type { ConnectOutcome } from '../net/connect-outcome.ts'
import type { Family } from '../net/target.ts'

/** What statistics need to know of an attempt. */
export interface Sample {
  readonly address: string
  readonly family: Family
  readonly port: number
  readonly outcome: ConnectOutcome
  readonly ms: number
  /** The first attempt of a run, slower for reasons of this process. */
  readonly warmUp?: boolean
}

/** Milliseconds, over connected attempts. Percentiles are nearest-rank: always a value that was measured. */
export interface RoundTrips {
  readonly samples: number
  readonly min: number
  readonly avg: number
  readonly max: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  /** Population standard deviation. */
  readonly stddev: number
  /** Mean difference between one attempt and the next. */
  readonly jitter: number
}

export interface Statistics {
  readonly sent: number
  readonly connected: number
  readonly lost: number
  /** 0 to 100, two decimals. */
  readonly lossPercent: number
  /** Absent when nothing connected. */
  readonly rtt?: RoundTrips
}

export interface AddressStatistics extends Statistics {
  readonly address: string
  readonly family: Family
  readonly port: number
}

export interface Summary {
  readonly perAddress: readonly AddressStatistics[]
  readonly total: Statistics
}

/** Counts and times attempts, per address (in the order they first appear) and in all. Aborted ones don't count. */
export function summarise(attempts: readonly Sample[]): Summary {
  const counted = attempts.filter(({ outcome }) => outcome !== 'aborted')
  const groups = new Map<string, Sample[]>()
  for (const attempt of counted) {
    const key = `${attempt.address} ${attempt.port}`
    const group = groups.get(key)
    if (group) group.push(attempt)
    else groups.set(key, [attempt])
  }
  const perAddress = [...groups.values()].flatMap((group) => {
    const [first] = group
    return first ? [{ address: first.address, family: first.family, port: first.port, ...statisticsOf(group) }] : []
  })
  return { perAddress, total: statisticsOf(counted) }
}

/** Of one group of attempts. The warm-up counts as sent and connected; its time is left out if there are others. */
export function statisticsOf(attempts: readonly Sample[]): Statistics {
  const connected = attempts.filter(({ outcome }) => outcome === 'connected')
  const sent = attempts.length
  const lost = sent - connected.length
  const warm = connected.filter(({ warmUp }) => !warmUp)
  const rtts = (warm.length > 0 ? warm : connected).map(({ ms }) => ms)
  return {
    sent,
    connected: connected.length,
    lost,
    lossPercent: sent === 0 ? 0 : Math.round((lost / sent) * 10_000) / 100,
    ...(rtts.length > 0 && { rtt: roundTrips(rtts) }),
  }
}

function roundTrips(rtts: readonly number[]): RoundTrips {
  const samples = rtts.length
  const sorted = [...rtts].sort((a, b) => a - b)
  const avg = mean(rtts)
  const steps = rtts.slice(1).map((rtt, index) => Math.abs(rtt - (rtts[index] ?? rtt)))
  return {
    samples,
    min: nearestRank(sorted, 0),
    avg: toMicroseconds(avg),
    max: nearestRank(sorted, 100),
    p50: nearestRank(sorted, 50),
    p90: nearestRank(sorted, 90),
    p99: nearestRank(sorted, 99),
    stddev: toMicroseconds(Math.sqrt(mean(rtts.map((rtt) => (rtt - avg) ** 2)))),
    jitter: toMicroseconds(mean(steps)),
  }
}

/** Nearest rank: the smallest value that at least `percent` % of the values don't exceed. NaN for no values. */
export const percentile = (values: readonly number[], percent: number): number =>
  nearestRank(
    [...values].sort((a, b) => a - b),
    percent,
  )

const nearestRank = (sorted: readonly number[], percent: number): number =>
  sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] ?? Number.NaN

/** 0: everything connected. 1: something didn't. 2: nothing did. A name without addresses, or without those of a family, counts as a failure. */
export function exitCode(report: {
  readonly totals: Pick<Statistics, 'sent' | 'connected'>
  readonly unresolved: readonly unknown[]
  readonly lacking?: readonly unknown[]
}): 0 | 1 | 2 {
  const { sent, connected } = report.totals
  const unnamed = [...report.unresolved, ...(report.lacking ?? [])]
  if (connected === 0) return 2
  return connected === sent && unnamed.length === 0 ? 0 : 1
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length

const toMicroseconds = (ms: number): number => Math.round(ms * 1000) / 1000
