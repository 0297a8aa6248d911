import type { Log } from './core.ts'

export const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const MARKS = { debug: '.', verbose: '-', notice: '*', warning: '#' } as const

/** A line of a log as servers write it, in the machine's time zone, without its end. */
export function logLine(isReplica: boolean, now: number, level: Parameters<Log>[0], line: string): string {
  return `${process.pid}:${isReplica ? 'S' : 'M'} ${timeText(new Date(now))} ${MARKS[level]} ${line}`
}

function timeText(time: Date): string {
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${two(time.getDate())} ${MONTHS[time.getMonth()]} ${time.getFullYear()}`
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')
  return `${day} ${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`
}
