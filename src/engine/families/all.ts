import type { Family } from './family.ts'
import { memcached } from './memcached/memcached.ts'
import { redis, valkey } from './redis/redis.ts'

/** Every engine that runs here. The first is that of requests which name none, or none that runs here. */
export const FAMILIES: readonly [Family, ...Family[]] = [memcached, redis, valkey]
