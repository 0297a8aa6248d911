/** Memcached versions ElastiCache serves, newest first, and what each brought (guide, "Supported engine versions"). */
export const MEMCACHED_VERSIONS = [
  '1.6.22',
  '1.6.17',
  '1.6.12',
  '1.6.6',
  '1.5.16',
  '1.5.10',
  '1.4.34',
  '1.4.33',
  '1.4.24',
  '1.4.14',
  '1.4.5',
] as const

export const DEFAULT_VERSION = MEMCACHED_VERSIONS[0]

/** First version with IPv6 and dual stack (guide, "Choosing a network type"). */
export const IPV6_SINCE = '1.6.6'
/** First version with in-transit encryption (guide, "ElastiCache in-transit encryption"). */
export const TLS_SINCE = '1.6.12'

export const isMemcachedVersion = (version: string): boolean =>
  (MEMCACHED_VERSIONS as readonly string[]).includes(version)

/** `1.6.22` -> `memcached1.6`. */
export const familyOf = (version: string): string => `memcached${version.split('.').slice(0, 2).join('.')}`

export const defaultGroupOf = (version: string): string => `default.${familyOf(version)}`

/** Negative when a is older than b. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number)
  const right = b.split('.').map(Number)
  for (let part = 0; part < Math.max(left.length, right.length); part++) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

export const isAtLeast = (version: string, minimum: string): boolean => compareVersions(version, minimum) >= 0
