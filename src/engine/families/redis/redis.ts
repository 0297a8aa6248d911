import type { AclEngine } from '../../../acl/commands.ts'
import { type EngineFacts, redis as redisFacts, valkey as valkeyFacts } from '../../../api/catalog/engines.ts'
import { serverFor } from '../../nodes/redis/programs.ts'
import type { Family } from '../family.ts'
import { settingsOf } from './directives.ts'
import { incompatibility, memoryForItems } from './memory.ts'
import { nodeMetrics, serverlessMetrics } from './metrics.ts'
import { NODE_TYPE_PARAMETERS } from './node-type-parameters.ts'
import { PARAMETERS, type ParameterName } from './parameters.ts'
import { serverlessPrograms } from './serverless.ts'

/** Redis OSS and Valkey are one family but for their names and versions. */
const familyOf = (engine: EngineFacts & { readonly name: AclEngine }): Family<ParameterName> => ({
  engine,
  parameters: PARAMETERS,
  nodeTypeParameters: NODE_TYPE_PARAMETERS,
  defaultValues: () => ({}),
  programs: {},
  acl: engine.name,
  replication: {
    installed: (version, places) => serverFor(engine.name, version, places),
    // A replica does not understand commands that its primary calls otherwise.
    sharedParameters: ['rename-commands'],
    settings: settingsOf,
  },
  memoryForItems,
  incompatibility,
  metrics: nodeMetrics,
  serverless: {
    programs: (node) => serverlessPrograms(engine.name, node),
    metrics: serverlessMetrics,
  },
  refusals: {},
})

export const redis = familyOf(redisFacts)
export const valkey = familyOf(valkeyFacts)
