import { ACCOUNT_ID } from '../../api/local-engine.ts'
import { type ApiOptions, factsOf } from '../api.ts'
import { ApiThrottle } from '../faults/api-throttle.ts'
import type { Wakes } from '../lifecycle/wakes.ts'
import type { FaultKeeper } from '../rehearsal/keeper.ts'
import type { Identity } from './identity.ts'
import type { Nodes } from './nodes.ts'
import type { Start } from './start.ts'
import type { State } from './state.ts'

/** What calls of the API work with. */
export function openCalls(
  { store, clock }: State,
  { nodeRuntimes, endpointModes, addresses }: Nodes,
  identity: Identity,
  wakes: Wakes,
  faults: FaultKeeper,
  { random, pace, region: homeRegion, log, advertisedHost }: Start,
): ApiOptions {
  const throttle = new ApiThrottle(store)
  const endpointsTold = {
    ...(endpointModes.mode !== 'ports' && { named: true as const }),
    ...(advertisedHost !== undefined && { advertisedHost }),
  }
  return {
    ...identity,
    throttle: (call, context) => throttle.check(call, context),
    contextOf: (region) => ({
      region,
      facts: factsOf(region),
      account: ACCOUNT_ID,
      store,
      now: clock.now(),
      random,
      hasIpv6: addresses.includes('::1'),
      endpointsTold,
      nodeRuntimes,
      pace,
      wake(kind, id, elsewhere = region) {
        wakes.wake(kind, elsewhere, id)
        faults.rearm()
      },
    }),
    homeRegion,
    now: () => clock.now(),
    log,
  }
}
