/** What ElastiCache Serverless for Memcached is made of. */
import { memcached } from './engines.ts'

/**
 * "Compatible with Memcached 1.6 and above"; the full version is what the guide's sample answer prints, which can only mean
 * 1.6.21. That is what the cache itself answers to `version`.
 */
export const SERVERLESS_VERSION = { major: '1.6', full: '21', node: '1.6.21' } as const

export const PRIMARY_PORT = memcached.port

/** Gigabytes, and ECPUs a second, that limits may be set to (CDK and Terraform documentation of the resource). */
export const USAGE_LIMITS = {
  DataStorage: { least: 1, most: 5_000 },
  ECPUPerSecond: { least: 1_000, most: 15_000_000 },
} as const

export const NO_LIMIT = { minimum: 0, maximum: 0 } as const

/** Days for which automatic snapshots can be kept. */
export const LONGEST_RETENTION = 35
