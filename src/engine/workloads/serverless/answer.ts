import type { CacheUsageLimits, ServerlessCache, ServerlessCacheSnapshot } from '@aws-sdk/client-elasticache'
import { resources } from '../../../api/catalog/resources.ts'
import { arn } from '../../../api/names.ts'
import type { ServerlessCacheRecord, ServerlessSnapshotRecord } from '../../store/records.ts'
import { versionOf } from './cache.ts'
import { addressOfCache } from './names.ts'

/**
 * A serverless cache as the API shows it. The guide's sample of Memcached has no `ReaderEndpoint`, for on AWS it is the same name
 * with port 11212; here the port may be another one, so that clients have to be told. No `StorageEncryptionType`: nothing is encrypted
 * at rest.
 */
export function answerServerlessCache(cache: ServerlessCacheRecord, account: string): ServerlessCache {
  const { ports, status } = cache
  const Address = addressOfCache(cache)
  const limits = answerLimits(cache)
  const { major, full } = versionOf(cache)
  return {
    ServerlessCacheName: cache.id,
    Description: cache.description,
    CreateTime: new Date(cache.createdAt),
    Status: status,
    ...(cache.kmsKeyId !== undefined && { KmsKeyId: cache.kmsKeyId }),
    Engine: cache.engine,
    MajorEngineVersion: major,
    FullEngineVersion: full,
    ...(limits && { CacheUsageLimits: limits }),
    SecurityGroupIds: [...cache.securityGroupIds],
    ...(cache.userGroupId !== undefined && { UserGroupId: cache.userGroupId }),
    ...(ports &&
      status !== 'creating' &&
      status !== 'create-failed' && {
        Endpoint: { Address, Port: ports.primary },
        ReaderEndpoint: { Address, Port: ports.readOptimized },
      }),
    ARN: arn({ region: cache.region, account, type: resources.serverlessCache.arnType, name: cache.id }),
    SubnetIds: [...cache.subnetIds],
    SnapshotRetentionLimit: cache.snapshotRetentionLimit,
    DailySnapshotTime: cache.dailySnapshotTime,
    NetworkType: cache.networkType,
  }
}

function answerLimits({ dataStorage, ecpuPerSecond }: ServerlessCacheRecord): CacheUsageLimits | undefined {
  const storage = membersOf(dataStorage)
  const ecpus = membersOf(ecpuPerSecond)
  if (!storage && !ecpus) return undefined
  return { ...(storage && { DataStorage: { ...storage, Unit: 'GB' } }), ...(ecpus && { ECPUPerSecond: ecpus }) }
}

function membersOf({ minimum, maximum }: { minimum: number; maximum: number }) {
  if (minimum === 0 && maximum === 0) return undefined
  return { ...(maximum > 0 && { Maximum: maximum }), ...(minimum > 0 && { Minimum: minimum }) }
}

const snapshotArn = ({ region, id }: { region: string; id: string }, account: string): string =>
  arn({ region, account, type: resources.serverlessSnapshot.arnType, name: id })

export const answerServerlessSnapshot = (
  snapshot: ServerlessSnapshotRecord,
  account: string,
): ServerlessCacheSnapshot => ({
  ServerlessCacheSnapshotName: snapshot.id,
  ARN: snapshotArn(snapshot, account),
  SnapshotType: snapshot.type,
  Status: snapshot.status,
  ...(snapshot.kmsKeyId !== undefined && { KmsKeyId: snapshot.kmsKeyId }),
  CreateTime: new Date(snapshot.createdAt),
  ...(snapshot.expiresAt !== null && { ExpiryTime: new Date(snapshot.expiresAt) }),
  ...(snapshot.status !== 'creating' && { BytesUsedForCache: String(snapshot.bytes) }),
  ServerlessCacheConfiguration: {
    ServerlessCacheName: snapshot.cache,
    Engine: snapshot.engine,
    MajorEngineVersion: versionOf(snapshot).major,
  },
})
