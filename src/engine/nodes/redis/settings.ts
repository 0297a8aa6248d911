/** What a node of Redis OSS or Valkey is told besides what every node is. */
import type { EngineName } from '../../../api/catalog/engines.ts'
import type { ServerRuntime } from '../../../api/local-engine.ts'
import type { WantedPrograms } from '../wanted.ts'
import type { RedisLive, RedisSpec } from './spec.ts'

/** What runs them, by what that is to be: the one it is. */
export const redisPrograms = (runtime: ServerRuntime, settings: RedisSettings): WantedPrograms =>
  runtime === 'embedded'
    ? { embedded: { program: 'embedded-redis', ...settings } }
    : { process: { program: 'redis-process', ...settings } }

export interface RedisSettings extends Pick<RedisSpec, 'innerPort' | 'announce' | 'fixed' | 'service'> {
  readonly engine: EngineName
  /** In cluster mode: its own id of the topology. */
  readonly nodeId?: string
  /** New names of commands that the parameter group gives. */
  readonly renamed?: NonNullable<RedisSpec['renamed']>
  /** A file in the folder of snapshots that it starts with. */
  readonly rdb?: string
  readonly live: RedisLive
}
