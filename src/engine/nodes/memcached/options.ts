import type { CacheNodeOptions } from '../../../memcached/options.ts'

/** What parameters decide of a node; memory and threads also depend on its type. */
export type MemcachedOptions = Omit<CacheNodeOptions, 'engineVersion' | 'memoryLimit' | 'threads' | 'tls'> & {
  readonly watchEnabled: boolean
}
