import { ENGINE_NAMES, type EngineName } from '../../api/catalog/engines.ts'
import { Fault } from '../../api/faults.ts'
import { findFamily } from '../families/families.ts'
import { missing } from '../http/query-protocol.ts'

/** The engine that a request names, in any case; refuses one that does not run here. */
export function readEngine(engine: string | undefined): EngineName {
  if (!engine) throw missing('Engine')
  const family = findFamily(engine)
  if (family) return family.engine.name
  const name = engine.toLowerCase()
  if (name === 'redis' || name === 'valkey') {
    throw new Fault(
      'InvalidParameterValue',
      `The local engine runs memcached only so far, not ${name}. Use --target aws.`,
    )
  }
  throw new Fault(
    'InvalidParameterValue',
    `Invalid engine ${engine}. Must be one of ${[...ENGINE_NAMES].sort().join(', ')}.`,
  )
}
