import { memcached as engine } from '../../../api/catalog/engines.ts'
import type { MemcachedOptions } from '../../nodes/memcached/options.ts'
import type { Family } from '../family.ts'
import { defaultValues, incompatibility, memoryForItems } from './memory.ts'
import { optionsOf } from './node-options.ts'
import { NODE_TYPE_PARAMETERS, PARAMETERS, type ParameterName } from './parameters.ts'
import { refusals } from './refusals.ts'

export const memcached: Family<ParameterName, MemcachedOptions> = {
  engine,
  parameters: PARAMETERS,
  nodeTypeParameters: NODE_TYPE_PARAMETERS,
  defaultValues,
  optionsOf,
  memoryForItems,
  incompatibility,
  refusals,
}
