/** Numbers for people. Pure. */

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
const DECIMAL = ['', 'k', 'M', 'G', 'T'] as const

/** `1.4 MiB`; at most eight characters. */
export const bytesText = (bytes: number): string => scaled(bytes, 1024, BINARY, ' ')

/** `36.3k`, `812`; at most six characters. */
export const countText = (count: number): string => scaled(count, 1000, DECIMAL, '')

function scaled(value: number, base: number, units: readonly string[], gap: string): string {
  if (!Number.isFinite(value)) return '-'
  let scale = 0
  let rest = value
  // 999.96 would be written as 1000.
  while (Math.abs(rest) >= base - 0.05 && scale < units.length - 1) {
    rest /= base
    scale++
  }
  // Of less than one, the first digits that say something.
  if (value !== 0 && Math.abs(value) < 1) return `${Number(value.toPrecision(2))}${gap}${units[0]}`
  const digits = (scale === 0 && Number.isInteger(value)) || Math.abs(rest) >= 100 ? 0 : 1
  return `${rest.toFixed(digits)}${gap}${units[scale]}`
}

/** In the unit of a metric. */
export function quantityText(value: number, unit: string): string {
  if (unit === 'Bytes') return bytesText(value)
  if (unit === 'Percent') return `${value.toFixed(value < 10 ? 2 : 1)} %`
  if (unit === 'Microseconds') return value >= 1000 ? `${(value / 1000).toFixed(2)} ms` : `${value.toFixed(0)} us`
  return countText(value)
}
