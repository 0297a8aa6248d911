import type { CreationCause } from '../../../api/catalog/events.ts'
import { isExhausted } from '../../faults/refusals.ts'
import { addressesInUse, findSubnet, isOverfull } from '../../network/subnets.ts'
import type { ServerlessCacheRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'

/** Why a serverless cache does not come to be; undefined: it does. */
export function creationFailure({ region, subnetIds }: ServerlessCacheRecord, store: Store): CreationCause | undefined {
  const fault = store.list('fault', region).find((each) => each.kind === 'serverless-creation')
  if (fault) return fault.how
  const used = addressesInUse(store, region)
  for (const id of subnetIds) {
    const subnet = findSubnet(store, region, id)
    if (!subnet) return 'subnets'
    // The cache's own endpoint is counted already.
    if (isOverfull(subnet, used) || isExhausted(store, region, subnet.zone)) return 'addresses'
  }
}
