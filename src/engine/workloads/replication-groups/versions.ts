/** Engine versions of Redis OSS and Valkey: how they are asked for, and how records show them. Pure. */
import {
  type EngineFacts,
  type EngineName,
  hasVersion,
  newestVersion,
  patchedVersion,
} from '../../../api/catalog/engines.ts'
import { isAtLeast } from '../../../api/catalog/versions.ts'
import { Fault } from '../../../api/faults.ts'
import { familyOfEngine } from '../../families/families.ts'

/** EngineVersion of a cluster's record. */
export const reportedVersion = (engine: EngineName, version: string): string =>
  patchedVersion(familyOfEngine(engine).engine, version)

/**
 * The version that a request names; without one the newest. `6.x` is the newest 6; from 6.0 on AWS chooses the patch. The
 * texts are AWS's.
 */
export function readRedisVersion(version: string | undefined, engine: EngineFacts): string {
  if (version === undefined) return newestVersion(engine)
  if (hasVersion(engine, version)) return version
  const [, major] = /^(\d+)\.x$/.exec(version) ?? []
  const newest = engine.versions.find((each) => each.split('.')[0] === major)
  if (newest) return newest
  const [, minor = ''] = /^(\d+\.\d+)\.\d+$/.exec(version) ?? []
  if (hasVersion(engine, minor) && isAtLeast(minor, '6.0')) {
    throw new Fault(
      'InvalidParameterValue',
      `Specific version selection is not allowed for '${version}', please use '${minor}'`,
    )
  }
  throw new Fault('InvalidParameterCombination', `Cannot find version ${version} for ${engine.name}`)
}
