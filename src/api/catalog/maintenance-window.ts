import type { RegionFacts } from './regions.ts'

const DAYS: readonly string[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const MINUTES_PER_DAY = 24 * 60
const MINUTES_PER_WEEK = 7 * MINUTES_PER_DAY
const MS_PER_MINUTE = 60_000
/** The epoch fell on a Thursday; minute 0 of a week is Sunday 00:00 UTC. */
const EPOCH_OFFSET = 4 * MINUTES_PER_DAY

const FORMAT =
  /^(sun|mon|tue|wed|thu|fri|sat):([01]\d|2[0-3]):([0-5]\d)-(sun|mon|tue|wed|thu|fri|sat):([01]\d|2[0-3]):([0-5]\d)$/

export interface MaintenanceWindow {
  /** Minutes after Sunday 00:00 UTC. */
  readonly start: number
  readonly minutes: number
}

/** `sun:23:00-mon:02:00` in any case; undefined when it is not of that form. Windows may run over midnight and Saturday. */
export function parseWindow(text: string): MaintenanceWindow | undefined {
  const match = FORMAT.exec(text.toLowerCase())
  if (!match) return undefined
  const [, startDay = '', startHour = '', startMinute = '', endDay = '', endHour = '', endMinute = ''] = match
  const start = minuteOfWeek(startDay, startHour, startMinute)
  const end = minuteOfWeek(endDay, endHour, endMinute)
  return { start, minutes: (end - start + MINUTES_PER_WEEK) % MINUTES_PER_WEEK }
}

const minuteOfWeek = (day: string, hour: string, minute: string): number =>
  DAYS.indexOf(day) * MINUTES_PER_DAY + Number(hour) * 60 + Number(minute)

/** Minutes after Sunday 00:00 UTC, with a fraction. */
const minuteOfWeekAt = (now: number): number => (now / MS_PER_MINUTE + EPOCH_OFFSET) % MINUTES_PER_WEEK

/** The reverse of {@link parseWindow}. */
export function formatWindow({ start, minutes }: MaintenanceWindow): string {
  const point = (at: number) => {
    const minute = at % MINUTES_PER_WEEK
    const pad = (value: number) => String(value).padStart(2, '0')
    const day = DAYS[Math.floor(minute / MINUTES_PER_DAY)]
    return `${day}:${pad(Math.floor((minute % MINUTES_PER_DAY) / 60))}:${pad(minute % 60)}`
  }
  return `${point(start)}-${point(start + minutes)}`
}

/** Start of the next window, or now when one is open. Milliseconds since the epoch. */
export function nextWindow({ start, minutes }: MaintenanceWindow, now: number): number {
  const sinceStart = (minuteOfWeekAt(now) - start + MINUTES_PER_WEEK) % MINUTES_PER_WEEK
  if (sinceStart < minutes) return now
  return Math.ceil(now + (MINUTES_PER_WEEK - sinceStart) * MS_PER_MINUTE)
}

/** The window that is open, else the next one, from its start to its end. Milliseconds since the epoch. */
export function windowAround({ start, minutes }: MaintenanceWindow, now: number): { from: number; to: number } {
  const sinceStart = (minuteOfWeekAt(now) - start + MINUTES_PER_WEEK) % MINUTES_PER_WEEK
  const from = Math.round(now + ((sinceStart < minutes ? 0 : MINUTES_PER_WEEK) - sinceStart) * MS_PER_MINUTE)
  return { from, to: from + minutes * MS_PER_MINUTE }
}

// A block may run into the next day: the days from tomorrow to the last but one end before this day of next week.
const OTHER_DAYS = 5

/**
 * An hour inside the region's block on a random day: what a cluster gets that asked for none. `random` is in [0, 1). AWS may
 * pick the hour that is running; here it is another day, so that a change that is left to the window is seen pending.
 */
export function randomWindow({ maintenanceBlock }: RegionFacts, random: () => number, now: number): MaintenanceWindow {
  const today = Math.floor(minuteOfWeekAt(now) / MINUTES_PER_DAY)
  const day = today + 1 + Math.floor(random() * OTHER_DAYS)
  const slots = Math.floor((maintenanceBlock.minutes - 60) / 30) + 1
  const start = day * MINUTES_PER_DAY + maintenanceBlock.start + Math.floor(random() * slots) * 30
  return { start: start % MINUTES_PER_WEEK, minutes: 60 }
}
