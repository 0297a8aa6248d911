/** Tokens with which users of caches log in by IAM: requests signed beforehand, that are never sent. */
import type { Signatures } from '../http/signature.ts'
import type { Tag } from '../store/values.ts'
import { authorizeAction } from './authorize.ts'
import { resourceTagKeys } from './condition-keys.ts'
import type { Principals } from './principals.ts'

/** What a client logs in to, and as whom. */
export interface ConnectRequest {
  /** `shop/?Action=connect&User=app&X-Amz-...` */
  readonly token: string
  readonly region: string
  /** The cache's name. */
  readonly cache: string
  readonly isServerless: boolean
  readonly user: string
  /** Of cache and user: the caller must be allowed to connect with both (guide, "Authenticating with IAM"). */
  readonly resources: readonly { readonly arn: string; readonly tags: readonly Tag[] }[]
  readonly sourceIp: string
  /** Milliseconds since the epoch, of the engine's clock. */
  readonly now: number
}

const LONGEST_SECONDS = 900
const SERVERLESS = 'ServerlessCache'

/** Why a client may not log in, in words without what is secret of it; undefined: it may. Throws Faults of the signature. */
export function refusalOf(
  request: ConnectRequest,
  { signatures, principals }: { readonly signatures: Signatures; readonly principals: Principals },
): string | undefined {
  const { token, region, cache, isServerless, user, sourceIp, now } = request
  const [, host = '', query = ''] = /^([^/?]*)\/?\?(.*)$/s.exec(token) ?? []
  const asked = new URLSearchParams(query)
  if (host.toLowerCase() !== cache) return `the token is for ${host === '' ? 'no cache' : `the cache ${host}`}`
  if (asked.get('Action') !== 'connect') return 'the token is for another action than connect'
  // Guide, "Authenticating with IAM": a token for a serverless cache says so. That others must not is our guess.
  const type = asked.get('ResourceType')
  if (type !== (isServerless ? SERVERLESS : null)) return `the token is for ${type ?? 'a cache that is not serverless'}`
  if (asked.get('User') !== user) return `the token is for the user ${asked.get('User')}`
  if (Number(asked.get('X-Amz-Expires')) > LONGEST_SECONDS) return `the token holds for more than ${LONGEST_SECONDS} s`
  const head = { method: 'GET', path: '/', query, headers: { host }, body: Buffer.alloc(0) }
  const identity = signatures.verify(head)
  if (identity.region !== region) return `the token is for ${identity.region}`
  const { policies, identity: caller } = principals.byAccessKey(identity.accessKeyId)
  if (policies === null) return undefined
  const { userName, userId, arn: userArn, account } = caller
  const who = { userName, userId, userArn, account, region, sourceIp, userAgent: '', now }
  for (const { arn, tags } of request.resources) {
    const action = { action: 'elasticache:Connect', resource: arn, keys: resourceTagKeys(tags) }
    authorizeAction(action, policies, who)
  }
  return undefined
}
