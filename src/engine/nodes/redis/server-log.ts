import { appendFileSync } from 'node:fs'
import type { Log } from '../../../redis/core.ts'
import { systemClock } from '../../time/clock.ts'
import { MONTHS } from './logs/entries.ts'

const MARKS = { debug: '.', verbose: '-', notice: '*', warning: '#' } as const
/** What is told by default. */
const TOLD: readonly string[] = ['notice', 'warning']

/** Writes lines to a file as servers do, in the machine's time zone. */
export function serverLog(file: string, isReplica: () => boolean): Log {
  return (level, line) => {
    if (!TOLD.includes(level)) return
    // A disk that is full is no reason to end.
    try {
      appendFileSync(
        file,
        `${process.pid}:${isReplica() ? 'S' : 'M'} ${timeText(new Date(systemClock.now()))} ${MARKS[level]} ${line}\n`,
        {
          mode: 0o600,
        },
      )
    } catch {}
  }
}

function timeText(time: Date): string {
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${two(time.getDate())} ${MONTHS[time.getMonth()]} ${time.getFullYear()}`
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')
  return `${day} ${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`
}
