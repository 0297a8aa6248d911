const UNITS = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['min', 60],
  ['s', 1],
] as const

/** They have no plural. */
const ABBREVIATIONS: readonly string[] = ['min', 's']

/** `3 min ago`, `in 2 days`, `now`: the largest unit, cut down. */
export function relativeTime(date: Date, now: Date): string {
  const seconds = Math.trunc((date.getTime() - now.getTime()) / 1000)
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS[5]
  const count = Math.trunc(Math.abs(seconds) / length)
  if (count === 0) return 'now'
  const spoken = `${count} ${unit}${count > 1 && !ABBREVIATIONS.includes(unit) ? 's' : ''}`
  return seconds < 0 ? `${spoken} ago` : `in ${spoken}`
}

/** `2026-11-21 10:59:18Z`: to the second, and in UTC as everything else the API says. */
export const absoluteTime = (date: Date): string => `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`
