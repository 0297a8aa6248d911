import { isExhausted } from '../../faults/refusals.ts'
import { addressesInUse, findSubnet, isOverfull } from '../../network/subnets.ts'
import type { ServerlessCacheRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'

/** Causes of the guide's events "Cache creation failed", by the fault that brings them about. */
const CREATION_FAILURES = {
  addresses: 'Insufficient free IP addresses to create VPC endpoint.',
  subnets: 'Invalid subnets provided in the request.',
  endpoints: 'Quota limit reached for creating VPC endpoint.',
  permissions: 'You do not have permissions to create a VPC endpoint.',
} as const

/** Why a serverless cache does not come to be, in the words of the guide; undefined: it does. */
export function creationFailure({ region, subnetIds }: ServerlessCacheRecord, store: Store): string | undefined {
  const fault = store.list('fault', region).find(({ kind }) => kind === 'serverless-creation')
  // Sound: request.ts lets no other ways in.
  if (fault) return CREATION_FAILURES[fault.how as keyof typeof CREATION_FAILURES]
  const used = addressesInUse(store, region)
  for (const id of subnetIds) {
    const subnet = findSubnet(store, region, id)
    if (!subnet) return CREATION_FAILURES.subnets
    // The cache's own endpoint is counted already.
    if (isOverfull(subnet, used) || isExhausted(store, region, subnet.zone)) return CREATION_FAILURES.addresses
  }
}
