import { usageProblem } from './problem.ts'

const SECOND = 1000
const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND,
  m: 60 * SECOND,
  h: 3600 * SECOND,
  d: 86_400 * SECOND,
  w: 7 * 86_400 * SECOND,
}

/** How long `7d`, `1d12h` or `200ms` is, in milliseconds. A bare number is seconds. */
export function spanOf(argument: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * SECOND)
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/.test(text)) {
    throw usageProblem(
      `argument ${argument}: invalid duration: '${text}'`,
      'Seconds, or with units: 200ms, 90s, 15m, 12h, 7d, 1d12h.',
    )
  }
  const parts = [...text.matchAll(/([\d.]+)([a-z]+)/g)]
  const sum = parts.reduce((total, [, number, unit]) => total + Number(number) * (UNITS[unit ?? ''] ?? 0), 0)
  return Math.round(sum)
}

/** `6d 23h`, `4m 10s`: the two largest units that are not zero. */
export function spanText(milliseconds: number): string {
  const parts: string[] = []
  let rest = Math.round(milliseconds / 1000)
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / seconds)
    rest -= count * seconds
    if (count > 0) parts.push(`${count}${unit}`)
  }
  return parts.slice(0, 2).join(' ') || '0s'
}
