import { ENGINE_NAMES } from '../../api/catalog/engines.ts'
import { Fault } from '../../api/faults.ts'
import { ENGINES_HERE, findFamily } from '../families/families.ts'
import type { Family } from '../families/family.ts'
import { missing } from '../http/query-protocol.ts'

/** The engine that a request names, in any case; refuses one that does not run here. */
export function readEngine(engine: string | undefined): Family {
  if (!engine) throw missing('Engine', engine)
  const family = findFamily(engine)
  if (family) return family
  const name = engine.toLowerCase()
  if (ENGINE_NAMES.some((known) => known === name)) {
    throw new Fault(
      'InvalidParameterValue',
      `The local engine runs ${ENGINES_HERE} only so far, not ${name}. Use --target aws.`,
    )
  }
  throw new Fault(
    'InvalidParameterValue',
    `Invalid engine ${engine}. Must be one of ${[...ENGINE_NAMES].sort().join(', ')}.`,
  )
}
