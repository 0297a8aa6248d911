import { familyOf, memcached, newestVersion } from '../../api/catalog/engines.ts'
import { Fault } from '../../api/faults.ts'
import type { Handler } from '../calls/context.ts'
import { page } from '../calls/paging.ts'
import { findFamily } from '../families/families.ts'

/** Versions in the order of their text, as in AWS's own example (1.4.33 before 1.4.5); `DefaultOnly` leaves the one a new cluster gets. */
export const DescribeCacheEngineVersions: Handler<'DescribeCacheEngineVersions'> = (input) => {
  const { Engine, EngineVersion, CacheParameterGroupFamily, DefaultOnly } = input
  if (Engine !== undefined && !findFamily(Engine)) {
    throw new Fault('InvalidParameterValue', `The local engine runs memcached only so far, not ${Engine}.`)
  }
  const versions = memcached.versions
    .filter(
      (version) =>
        (EngineVersion === undefined || version === EngineVersion) &&
        (CacheParameterGroupFamily === undefined || familyOf(memcached, version) === CacheParameterGroupFamily) &&
        (!DefaultOnly || version === newestVersion(memcached)),
    )
    .sort()
  const { items, Marker } = page('CacheEngineVersions', versions, (version) => version, input)
  return {
    ...(Marker && { Marker }),
    CacheEngineVersions: items.map((version) => ({
      Engine: memcached.name,
      EngineVersion: version,
      CacheParameterGroupFamily: familyOf(memcached, version),
      CacheEngineDescription: memcached.name,
      CacheEngineVersionDescription: `${memcached.name} version ${version}`,
    })),
  }
}
