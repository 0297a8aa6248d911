import { has } from '../../since.ts'

/** How meta commands are spoken by a version of memcached; protocol.txt of each, and what each answers. */
export interface MetaDialect {
  /** What a command answers that did what it was told and has nothing to show. */
  readonly done: Buffer
  /** `ms <key> S<bytes>` rather than `ms <key> <bytes>`; its answer does not return the CAS unique. */
  readonly lengthIsFlag: boolean
  /** Whether keys may come in base64. */
  readonly base64: boolean
  /** Whether `P` and `L`, which are for proxies, are known. */
  readonly proxyFlags: boolean
  /** Whether `mg` takes no flags at all. */
  readonly bareGet: boolean
  /** Whether a miss of `mg` echoes `k` and `O`. */
  readonly missEchoes: boolean
  /** Whether a code is followed by a space of its own, in answers to `md` and `ma`. */
  readonly spaced: boolean
  /** Whether `me` without a key is a miss. */
  readonly bareDebugMisses: boolean
}

export function metaDialectOf(engineVersion: string): MetaDialect {
  const withLength = has(engineVersion, 'meta: ms with a length')
  const bareGet = has(engineVersion, 'meta: mg without flags')
  return {
    done: Buffer.from(withLength ? 'HD' : 'OK'),
    lengthIsFlag: !withLength,
    base64: withLength,
    proxyFlags: has(engineVersion, 'meta: flags P and L'),
    bareGet,
    missEchoes: bareGet,
    spaced: !bareGet,
    bareDebugMisses: !withLength,
  }
}
