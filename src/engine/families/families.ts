/** Families by what requests and records call them. */
import { type EngineName, familyOf } from '../../api/catalog/engines.ts'
import { FAMILIES } from './all.ts'
import type { Family, Release } from './family.ts'

/** The family of an engine, by its name in any case: AWS takes it so, and writes it small. Undefined when it is not run here. */
export const findFamily = (engine: string): Family | undefined =>
  FAMILIES.find((family) => family.engine.name === engine.toLowerCase())

/** The family of an engine that a record names. */
export function familyOfEngine(engine: EngineName): Family {
  const family = findFamily(engine)
  if (!family) throw new Error(`no family of engine ${engine}`)
  return family
}

/** What the nodes of a cluster are, or will be. */
export const releaseOf = (
  { engine, engineVersion }: { readonly engine: EngineName; readonly engineVersion: string },
  version = engineVersion,
): Release => ({ family: familyOfEngine(engine), version })

/** In refusals of what does not run here. */
export const ENGINES_HERE = FAMILIES.map(({ engine }) => engine.name).join(', ')

/** What parameter groups are of: `memcached1.6`. */
export interface ParameterFamily {
  readonly name: string
  readonly family: Family
  /** Engine versions that go by its groups, or did, the newest first. */
  readonly versions: readonly [newest: string, ...older: string[]]
}

/** Every one there is, of each engine the oldest first. */
export const PARAMETER_FAMILIES: readonly ParameterFamily[] = FAMILIES.flatMap((family) => {
  const { engine } = family
  const all = [...engine.versions, ...(engine.formerVersions ?? [])]
  const names = new Set(all.map((version) => familyOf(engine, version)))
  return [...names].reverse().map((name) => ({
    name,
    family,
    // Sound: the name is that of one version at least.
    versions: all.filter((version) => familyOf(engine, version) === name) as [string, ...string[]],
  }))
})

/** The family of parameter groups of this name, if an engine here has it. */
export const findParameterFamily = (name: string): ParameterFamily | undefined =>
  PARAMETER_FAMILIES.find((each) => each.name === name)
