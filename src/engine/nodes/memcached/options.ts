import type { CacheNodeOptions } from '../../../memcached/options.ts'

/** What parameters decide of a node; memory and threads also depend on its type. */
export type MemcachedOptions = Omit<CacheNodeOptions, 'engineVersion' | 'memoryLimit' | 'threads' | 'tls'> & {
  readonly watchEnabled: boolean
}

/** What a node of Memcached is told besides, whatever runs it: what it starts with, and what can change while it runs. */
export interface MemcachedSettings {
  readonly options: Omit<MemcachedOptions, 'watchEnabled'>
  readonly live: Pick<MemcachedOptions, 'watchEnabled'>
}

/** Of a serverless cache, which has a command set of its own, and is metered. */
export interface ServerlessSettings {
  readonly live: {
    /** Infinite: metered only. */
    readonly ecpuPerSecond: number
  }
}
