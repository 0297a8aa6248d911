import { Fault } from '../../api/faults.ts'
import { refusalOfLogin } from '../workloads/users/iam-login.ts'
import type { Identity } from './identity.ts'
import type { Nodes } from './nodes.ts'
import type { Start } from './start.ts'
import type { State } from './state.ts'

/** A client that logged in with a token is hung up on after that, unless it has logged in again (guide). */
const CONNECTION_MS = 12 * 3600 * 1000

/** Lets the engine check the tokens that clients of nodes log in with. */
export function openLogins(
  { store, clock }: State,
  { runtime, fleet }: Nodes,
  identity: Identity,
  { log, opened }: Start,
): void {
  runtime.onLogin((name, { user, token, from }) => {
    const key = fleet.nodeCalled(name)
    if (!key) return 0
    const why = inWords(() => refusalOfLogin(key, { user, token, sourceIp: from, now: clock.now() }, store, identity))
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
