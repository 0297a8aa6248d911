import { type EngineFacts, familyOf, patchedVersion } from '../../api/catalog/engines.ts'
import { Fault } from '../../api/faults.ts'
import type { Handler } from '../calls/context.ts'
import { page } from '../calls/paging.ts'
import { FAMILIES } from '../families/all.ts'
import { ENGINES_HERE, findFamily } from '../families/families.ts'

/** Versions of each engine in the order of their text, as in AWS's own example (1.4.33 before 1.4.5); `DefaultOnly` leaves the one a new cluster gets, of a family the newest. */
export const DescribeCacheEngineVersions: Handler<'DescribeCacheEngineVersions'> = (input) => {
  const { Engine, EngineVersion, CacheParameterGroupFamily, DefaultOnly } = input
  const asked = Engine === undefined ? undefined : findFamily(Engine)
  if (Engine !== undefined && !asked) {
    throw new Fault('InvalidParameterValue', `The local engine runs ${ENGINES_HERE} only so far, not ${Engine}.`)
  }
  const versions = (asked ? [asked] : FAMILIES)
    .flatMap(({ engine }) => engine.versions.map((version) => ({ engine, version, family: familyOf(engine, version) })))
    .filter(
      ({ engine, version, family }) =>
        (EngineVersion === undefined || version === EngineVersion) &&
        (CacheParameterGroupFamily === undefined || family === CacheParameterGroupFamily) &&
        (!DefaultOnly || version === defaultVersion(engine, CacheParameterGroupFamily)),
    )
  const keyOf = ({ engine, version }: (typeof versions)[number]) => `${engine.name} ${version}`
  versions.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const { items, Marker } = page('CacheEngineVersions', versions, keyOf, input)
  return {
    ...(Marker && { Marker }),
    CacheEngineVersions: items.map(({ engine, version, family }) => ({
      Engine: engine.name,
      EngineVersion: version,
      CacheParameterGroupFamily: family,
      CacheEngineDescription: engine.title ?? engine.name,
      CacheEngineVersionDescription: `${engine.name} version ${patchedVersion(engine, version)}`,
    })),
  }
}

const defaultVersion = (engine: EngineFacts, family: string | undefined): string | undefined =>
  engine.versions.find((version) => family === undefined || familyOf(engine, version) === family)
