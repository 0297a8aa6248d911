import { resources } from '../../api/catalog/resources.ts'
import { Fault } from '../../api/faults.ts'
import { ACCOUNT_ID } from '../../api/local-engine.ts'
import { arn } from '../../api/names.ts'
import { refusalOf } from '../identity/connect.ts'
import type { NodeKey } from '../nodes/wanted.ts'
import type { Identity } from './identity.ts'
import type { Nodes } from './nodes.ts'
import type { Start } from './start.ts'
import type { State } from './state.ts'

/** A client that logged in with a token is hung up on after that, unless it has logged in again (guide). */
const CONNECTION_MS = 12 * 3600 * 1000

/** Who checks the tokens that clients log in with. */
export function openLogins(
  { store, clock }: State,
  { runtime, fleet }: Nodes,
  identity: Identity,
  { log, opened }: Start,
): void {
  const refusal = ({ kind, region, id }: NodeKey, user: string, token: string, sourceIp: string) => {
    const cache = kind === 'replicationGroup' ? store.get(kind, region, id) : undefined
    const record = store.get('user', region, user)
    if (!cache || record?.authentication !== 'iam') return 'there is no such user with IAM'
    const of = (resource: keyof typeof resources, name: string) =>
      arn({ region, account: ACCOUNT_ID, type: resources[resource].arnType, name })
    const named = [
      { arn: of('replicationGroup', id), tags: cache.tags },
      { arn: of('user', user), tags: record.tags },
    ]
    return refusalOf({ token, region, cache: id, user, resources: named, sourceIp, now: clock.now() }, identity)
  }
  runtime.onLogin((name, { user, token, from }) => {
    const key = fleet.nodeCalled(name)
    if (!key) return 0
    const why = inWords(() => refusal(key, user, token, from))
    if (why === undefined) return CONNECTION_MS
    log(`login of user ${user} to ${key.region}/${key.id} from ${from}: refused: ${why}`)
    return 0
  })
  opened.add(() => runtime.onLogin(() => 0))
}

/** Of a wrong signature the code only: what would have been right is in the message. */
function inWords(check: () => string | undefined): string | undefined {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return error.code === 'SignatureDoesNotMatch' ? error.code : error.message
  }
}
