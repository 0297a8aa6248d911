declare module 'memcached-elasticache' {
  import type { EventEmitter } from 'node:events'

  /** Events: `autoDiscover` (nodes: string[]), `autoDiscoverFailure` (error). */
  export default class Client extends EventEmitter {
    constructor(configurationEndpoint: string, options?: { autoDiscoverInterval?: number })
    set(key: string, value: string, lifetime: number, done: (error: Error | undefined) => void): void
    get(key: string, done: (error: Error | undefined, value: unknown) => void): void
    end(): void
  }
}
