import { startMemcached, startServerless } from './memcached/embedded.ts'
import { MemcachedNode } from './memcached/node.ts'
import { embeddedServer, serverFor } from './redis/programs.ts'
import { startReader } from './redis/reader.ts'
import { startRedis } from './redis/running.ts'
import type { Start } from './running.ts'
import type { ProgramName } from './runtime.ts'

/** How each program is started. */
export const PROGRAMS: { readonly [P in ProgramName]: Start<P> } = {
  'embedded-memcached': startMemcached,
  'serverless-memcached': startServerless,
  'embedded-redis': (spec, host) => startRedis(spec, embeddedServer(spec.engine, spec.engineVersion), host),
  'redis-process': (spec, host) =>
    startRedis(spec, serverFor(spec.engine, spec.engineVersion, spec.files.serverPlaces), host),
  'redis-reader': startReader,
  'memcached-process': (spec, { restored }) => MemcachedNode.start(spec, restored),
}
