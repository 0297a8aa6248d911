import { Fault } from '../../api/faults.ts'
import { DEFAULT_VERSION, familyOf, MEMCACHED_VERSIONS } from '../catalog/engine-versions.ts'
import type { Handler } from './context.ts'
import { page } from './paging.ts'

/** Versions newest first, as the guide lists them; `DefaultOnly` leaves the one a new cluster gets. */
export const DescribeCacheEngineVersions: Handler<'DescribeCacheEngineVersions'> = (input) => {
  const { Engine, EngineVersion, CacheParameterGroupFamily, DefaultOnly } = input
  if (Engine !== undefined && Engine !== 'memcached') {
    throw new Fault('InvalidParameterValue', `The local engine runs memcached only so far, not ${Engine}.`)
  }
  const versions = MEMCACHED_VERSIONS.filter(
    (version) =>
      (EngineVersion === undefined || version === EngineVersion) &&
      (CacheParameterGroupFamily === undefined || familyOf(version) === CacheParameterGroupFamily) &&
      (!DefaultOnly || version === DEFAULT_VERSION),
  )
  const { items, Marker } = page('CacheEngineVersions', versions, (version) => rank(version), input)
  return {
    ...(Marker && { Marker }),
    CacheEngineVersions: items.map((version) => ({
      Engine: 'memcached',
      EngineVersion: version,
      CacheParameterGroupFamily: familyOf(version),
      CacheEngineDescription: 'memcached',
      CacheEngineVersionDescription: `memcached version ${version}`,
    })),
  }
}

/** A key that grows along the list, as paging needs it. */
const rank = (version: string): string =>
  String((MEMCACHED_VERSIONS as readonly string[]).indexOf(version)).padStart(3, '0')
