import type { EngineName } from '../../api/catalog/engines.ts'
import type { Family } from './family.ts'
import { memcached } from './memcached/memcached.ts'

const families: readonly Family[] = [memcached]

/** The family of an engine, by its name in any case: AWS takes it so, and writes it small. Undefined when it is not run here. */
export const findFamily = (engine: string): Family | undefined =>
  families.find((family) => family.engine.name === engine.toLowerCase())

/** The family of an engine that a record names. */
export function familyOfEngine(engine: EngineName): Family {
  const family = findFamily(engine)
  if (!family) throw new Error(`no family of engine ${engine}`)
  return family
}
