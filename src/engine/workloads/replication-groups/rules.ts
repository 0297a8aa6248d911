/**
 * What single settings of a replication group may be. Each function returns the value to store or throws the refusal. Texts
 * without a source are ours, but for that about the customer's own key, which is AWS's.
 */
import { LIMITS } from '../../../api/catalog/limits.ts'
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { Context } from '../../calls/context.ts'
import type { ReplicationGroupRecord } from '../../store/records.ts'
import { isDurable, withDurability } from './durability.ts'
import { hashOfToken } from './tokens.ts'
import { NEEDS_ENCRYPTION, readUserGroup } from './user-groups.ts'

const invalid = (message: string) => new Fault('InvalidParameterValue', message)
const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

type CreateInput = Input<'CreateReplicationGroup'>

/** The API reference: "ApplyImmediately=False is not currently supported", and in other words of global datastores. The text is ours. */
export function refuseLater(immediately: boolean | undefined): void {
  if (immediately !== true) throw invalid('ApplyImmediately must be true.')
}

/** The id of a key, its ARN, or an alias. Nothing is encrypted with it here, and there is no KMS that could tell of one that is not there. */
function readKey(key: string): string {
  if (/^[\w:/-]{1,2048}$/.test(key)) return key
  throw invalid(`Invalid KmsKeyId: ${key}.`)
}

/** The key that a request names, as a member of the record of a group, a cache or a snapshot. */
export const keyOf = ({ KmsKeyId }: { readonly KmsKeyId?: string | undefined }): { readonly kmsKeyId?: string } =>
  KmsKeyId === undefined ? {} : { kmsKeyId: readKey(KmsKeyId) }

type Encryption = Pick<ReplicationGroupRecord, 'transit' | 'atRest' | 'kmsKeyId'>

/**
 * In-transit encryption is `required` where the mode is not said. Valkey is encrypted at rest where nothing is said, as the
 * guide tells; nothing is written to disk here that there would be to encrypt.
 */
export function readEncryption(input: CreateInput, byDefault: boolean): Encryption {
  const { TransitEncryptionEnabled, TransitEncryptionMode: mode, KmsKeyId } = input
  // Durability brings it with it (guide).
  const atRest = input.AtRestEncryptionEnabled ?? (byDefault || isDurable({ ...withDurability(input.Durability) }))
  if (KmsKeyId !== undefined && !atRest) throw conflict('Please enable encryption at rest to use Customer Managed CMK')
  if (mode !== undefined && !TransitEncryptionEnabled) {
    throw conflict('TransitEncryptionMode needs TransitEncryptionEnabled.')
  }
  const transit = TransitEncryptionEnabled ? (mode ?? 'required') : 'plain'
  return { transit, atRest, ...keyOf(input) }
}

type Clients = Pick<ReplicationGroupRecord, 'authTokens' | 'acceptsNoToken' | 'authTokenModifiedAt' | 'userGroupIds'>

/** Whom a new group lets in. */
export function readClients(
  { AuthToken: token, UserGroupIds = [] }: CreateInput,
  group: Pick<ReplicationGroupRecord, 'engine' | 'engineVersion' | 'transit'>,
  context: Context,
): Clients {
  if (token !== undefined && group.transit !== 'required') {
    throw conflict('AuthToken needs encryption in transit: TransitEncryptionEnabled, with no other mode than required.')
  }
  if (token !== undefined && UserGroupIds.length > 0) throw conflict('AuthToken and UserGroupIds exclude each other.')
  if (UserGroupIds.length > 1) throw conflict('Only one user group can be associated to a replication group.')
  if (UserGroupIds.length > 0 && group.transit === 'plain') throw conflict(NEEDS_ENCRYPTION)
  return {
    authTokens: token === undefined ? [] : [hashOfToken(token)],
    acceptsNoToken: false,
    ...(token !== undefined && { authTokenModifiedAt: context.now }),
    userGroupIds: UserGroupIds.map((id) => readUserGroup(id, group, context).id),
  }
}

const LONGEST_RETENTION_DAYS = LIMITS.snapshotRetentionDays

export function readRetention(days: number | undefined): number {
  if (days !== undefined && (days < 0 || days > LONGEST_RETENTION_DAYS)) {
    throw invalid(`Invalid value ${days} for SnapshotRetentionLimit. Must be between 0 and ${LONGEST_RETENTION_DAYS}`)
  }
  return days ?? 0
}

const MINUTES_PER_DAY = 24 * 60
const SHORTEST_WINDOW = 60

/** UTC, an hour at least; one that the caller did not choose is an hour. */
export function readSnapshotWindow(window: string | undefined, { random }: Pick<Context, 'random'>): string {
  if (window === undefined) {
    const start = Math.floor(random() * (MINUTES_PER_DAY / 30)) * 30
    return `${timeOf(start)}-${timeOf(start + SHORTEST_WINDOW)}`
  }
  const [, ...parts] = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/.exec(window) ?? []
  if (parts.length === 0) {
    throw invalid(`The snapshot window ${window} is not of the form hh24:mi-hh24:mi, such as 05:00-09:00.`)
  }
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = parts.map(Number)
  const minutes = (toHour * 60 + toMinute - fromHour * 60 - fromMinute + MINUTES_PER_DAY) % MINUTES_PER_DAY
  if (minutes < SHORTEST_WINDOW) throw invalid(`The snapshot window ${window} must be at least 60 minutes long.`)
  return window
}

function timeOf(minute: number): string {
  const at = minute % MINUTES_PER_DAY
  return `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`
}
