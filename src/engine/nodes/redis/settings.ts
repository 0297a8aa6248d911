/** What a node of Redis OSS or Valkey is told besides what every node is. */
import type { EngineName } from '../../../api/catalog/engines.ts'
import type { RedisLive, RedisSpec } from './spec.ts'

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
