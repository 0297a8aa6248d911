/** What serverless caches of ElastiCache are made of. */
import { ENGINE_NAMES, type EngineName, memcached } from './engines.ts'

export interface ServerlessVersion {
  /** MajorEngineVersion. */
  readonly major: string
  /** FullEngineVersion. */
  readonly full: string
  /** What the cache is, down to where that is decided. */
  readonly version: string
}

/**
 * By engine, the newest first; a new cache that names none gets that. Of Memcached: "compatible with 1.6 and above"; the full version
 * is what the guide's sample answer prints, which can only mean 1.6.21, and that is what the cache itself answers to `version`. Of
 * the others the guide shows `7.1` and `8.0`; that 7 and 9 of Valkey are their first versions on offer is a guess.
 */
const VERSIONS: Readonly<Record<EngineName, readonly [newest: ServerlessVersion, ...older: ServerlessVersion[]]>> = {
  memcached: [{ major: '1.6', full: '21', version: '1.6.21' }],
  redis: [{ major: '7', full: '7.1', version: '7.1' }],
  valkey: [
    { major: '9', full: '9.0', version: '9.0' },
    { major: '8', full: '8.0', version: '8.0' },
    { major: '7', full: '7.2', version: '7.2' },
  ],
}

/** The version of a major one, without which the newest; undefined: there is none. */
export const serverlessVersion = (engine: EngineName, major?: string): ServerlessVersion | undefined =>
  major === undefined ? VERSIONS[engine][0] : VERSIONS[engine].find((each) => each.major === major)

/** Major versions of an engine, the newest first; none of what is no engine. */
export const majorVersionsOf = (engine: string | undefined): readonly string[] =>
  ENGINE_NAMES.filter((name) => name === engine).flatMap((name) => VERSIONS[name].map(({ major }) => major))

/** Of Memcached. */
export const PRIMARY_PORT = memcached.port

/** Gigabytes, and ECPUs a second, that limits may be set to (CDK and Terraform documentation of the resource). */
export const USAGE_LIMITS = {
  DataStorage: { least: 1, most: 5_000 },
  ECPUPerSecond: { least: 1_000, most: 15_000_000 },
} as const

export const NO_LIMIT = { minimum: 0, maximum: 0 } as const

/** Days for which automatic snapshots can be kept. */
export const LONGEST_RETENTION = 35
