import { resources } from '../../../api/catalog/resources.ts'
import { ACCOUNT_ID } from '../../../api/local-engine.ts'
import { arn } from '../../../api/names.ts'
import { refusalOf } from '../../identity/connect.ts'
import type { NodeKey } from '../../nodes/wanted.ts'
import type { Store } from '../../store/store.ts'

/** What a client of a cache logs in with, from where. */
export interface IamLogin {
  readonly user: string
  /** Presigned, as the password. */
  readonly token: string
  readonly sourceIp: string
  /** Engine time, milliseconds since the epoch. */
  readonly now: number
}

/** Caches whose clients may log in by IAM. */
const ENTERED = ['replicationGroup', 'serverlessCache'] as const

/** Why a client may not log in to a node of a cache by IAM, in words; undefined: it may. Throws Faults of the signature. */
export function refusalOfLogin(
  { kind, region, id }: NodeKey,
  { user, token, sourceIp, now }: IamLogin,
  store: Store,
  identity: Parameters<typeof refusalOf>[1],
): string | undefined {
  const entered = ENTERED.find((each) => each === kind)
  const cache = entered && store.get(entered, region, id)
  const record = store.get('user', region, user)
  if (!cache || record?.authentication !== 'iam') return 'there is no such user with IAM'
  const of = (resource: keyof typeof resources, name: string) =>
    arn({ region, account: ACCOUNT_ID, type: resources[resource].arnType, name })
  const named = [
    { arn: of(entered, id), tags: cache.tags },
    { arn: of('user', user), tags: record.tags },
  ]
  const isServerless = entered === 'serverlessCache'
  return refusalOf({ token, region, cache: id, isServerless, user, resources: named, sourceIp, now }, identity)
}
