import { resources } from '../../../api/catalog/resources.ts'
import { ACCOUNT_ID } from '../../../api/local-engine.ts'
import { arn } from '../../../api/names.ts'
import { refusalOf } from '../../identity/connect.ts'
import type { NodeKey } from '../../nodes/wanted.ts'
import type { Store } from '../../store/store.ts'

/** What a client of a group logs in with, from where. */
export interface IamLogin {
  readonly user: string
  /** Presigned, as the password. */
  readonly token: string
  readonly sourceIp: string
  /** Engine time, milliseconds since the epoch. */
  readonly now: number
}

/** Why a client may not log in to a node of a group by IAM, in words; undefined: it may. Throws Faults of the signature. */
export function refusalOfLogin(
  { kind, region, id }: NodeKey,
  { user, token, sourceIp, now }: IamLogin,
  store: Store,
  identity: Parameters<typeof refusalOf>[1],
): string | undefined {
  const group = kind === 'replicationGroup' ? store.get(kind, region, id) : undefined
  const record = store.get('user', region, user)
  if (!group || record?.authentication !== 'iam') return 'there is no such user with IAM'
  const of = (resource: keyof typeof resources, name: string) =>
    arn({ region, account: ACCOUNT_ID, type: resources[resource].arnType, name })
  const named = [
    { arn: of('replicationGroup', id), tags: group.tags },
    { arn: of('user', user), tags: record.tags },
  ]
  return refusalOf({ token, region, cache: id, user, resources: named, sourceIp, now }, identity)
}
