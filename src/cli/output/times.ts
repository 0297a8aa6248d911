/** Times of an answer as text. */
import { Problem } from '../problem.ts'

export type TimeText = (time: Date) => string

/** What the service sent for a time, which may be finer than JavaScript's milliseconds (see wire-times.ts). */
const wireOf = (time: Date): string | undefined => (time as { wire?: string }).wire // put there by keepWireTimes

const WIRE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/
const MICROSECONDS = 6

/** Python's `isoformat()`, aws-cli v2's default: microseconds or no fraction at all, and `+00:00` for UTC. */
export function isoTime(time: Date): string {
  const [, seconds = '', fraction = '', zone = ''] = WIRE.exec(wireOf(time) ?? time.toISOString()) ?? []
  if (seconds === '') return time.toISOString()
  const micros = fraction.slice(0, MICROSECONDS).padEnd(MICROSECONDS, '0')
  return `${seconds}${/[1-9]/.test(micros) ? `.${micros}` : ''}${zone === 'Z' ? '+00:00' : zone}`
}

const wireTime: TimeText = (time) => wireOf(time) ?? time.toISOString()

/** `cli_timestamp_format` of the configuration file: iso8601 unless it says otherwise. */
export function timeTextOf(format: string | undefined): TimeText {
  if (format === undefined || format === 'iso8601') return isoTime
  if (format === 'wire' || format === 'none') return wireTime
  const valid = 'valid values are "none", "wire" or "iso8601"'
  throw new Problem('general', `Unknown cli_timestamp_format value: ${format}, ${valid}`)
}
