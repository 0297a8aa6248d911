/** Versions, compared by their numbers: 1.6.9 is older than 1.6.12. */

/** `1.6.12` as 1, 6 and 12. */
export const versionNumbers = (version: string): number[] => version.split('.').map(Number)

/** Negative when `a` is older than `b`, 0 when they are the same, NaN when one of them is no version. */
export function compareVersions(a: string, b: string): number {
  const left = versionNumbers(a)
  const right = versionNumbers(b)
  for (let part = 0; part < Math.max(left.length, right.length); part++) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** False too for what is no version. */
export const isAtLeast = (version: string, minimum: string): boolean => compareVersions(version, minimum) >= 0

/** False too for what is no version. */
export const isOlder = (version: string, than: string): boolean => compareVersions(version, than) < 0
