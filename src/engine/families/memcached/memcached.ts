import { memcached as engine } from '../../../api/catalog/engines.ts'
import { PARAMETERS } from '../../catalog/parameters.ts'
import { parameterOptions } from '../../parameters/node-options.ts'
import { memoryForItems } from '../../parameters/values.ts'
import type { Family } from '../family.ts'
import { refusals } from './refusals.ts'

export const memcached: Family = {
  engine,
  parameters: PARAMETERS,
  optionsOf: parameterOptions,
  memoryForItems,
  refusals,
}
