import { type EngineFacts, redis as redisFacts, valkey as valkeyFacts } from '../../../api/catalog/engines.ts'
import { serverFor } from '../../nodes/redis/programs.ts'
import type { Family } from '../family.ts'
import { parametersOf } from '../parameter.ts'
import { nodeMetrics } from './metrics.ts'

const MIB = 1024 * 1024

/** What decides whether the nodes of a group are those of a cluster. */
const PARAMETERS = parametersOf({
  'cluster-enabled': ['no', 'string', 'yes,no', 'requires-reboot', '3.2.4', 'Enable cluster mode.'],
})

/** Redis OSS and Valkey are one family but for their names and versions. */
const familyOf = (engine: EngineFacts): Family => ({
  engine,
  parameters: PARAMETERS,
  nodeTypeParameters: [],
  defaultValues: () => ({}),
  programs: {},
  replication: {
    installed: (version, places) => serverFor(engine.name, version, places),
  },
  memoryForItems: (_values, _version, { maxCacheMemory }) => maxCacheMemory * MIB,
  incompatibility: () => undefined,
  metrics: nodeMetrics,
  refusals: {},
})

export const redis = familyOf(redisFacts)
export const valkey = familyOf(valkeyFacts)
