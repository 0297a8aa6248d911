import { memcached as engine } from '../../../api/catalog/engines.ts'
import { installedMemcached } from '../../nodes/memcached/installed.ts'
import type { MemcachedSettings } from '../../nodes/memcached/options.ts'
import type { Family } from '../family.ts'
import { defaultValues, incompatibility, memoryForItems } from './memory.ts'
import { nodeMetrics, serverlessMetrics } from './metrics.ts'
import { optionsOf } from './node-options.ts'
import { NODE_TYPE_PARAMETERS, PARAMETERS, type ParameterName, type ParameterValues } from './parameters.ts'
import { refusals } from './refusals.ts'

function settingsOf(values: ParameterValues, version: string): MemcachedSettings {
  const { watchEnabled, ...options } = optionsOf(values, version)
  return { options, live: { watchEnabled } }
}

export const memcached: Family<ParameterName> = {
  engine,
  parameters: PARAMETERS,
  nodeTypeParameters: NODE_TYPE_PARAMETERS,
  defaultValues,
  programs: {
    embedded: {
      settings: (values, version) => ({ program: 'embedded-memcached', ...settingsOf(values, version) }),
    },
    process: {
      settings: (values, version) => ({ program: 'memcached-process', ...settingsOf(values, version) }),
      installed: installedMemcached,
    },
  },
  memoryForItems,
  incompatibility,
  metrics: nodeMetrics,
  serverless: {
    programs: ({ ecpuPerSecond }) => ({ embedded: { program: 'serverless-memcached', live: { ecpuPerSecond } } }),
    metrics: serverlessMetrics,
  },
  refusals,
}
