/** Lengths of time in words. */
const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const

/** `1 hour`, `2 days`, `90 seconds`: in the largest unit of which there are two, or exactly one. */
export function duration(ms: number): string {
  const [unit, length] = UNITS.find(([, each]) => ms >= 1.95 * each || Math.abs(ms / each - 1) < 0.05) ?? UNITS[3]
  const count = Math.round(ms / length)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
