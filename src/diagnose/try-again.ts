import { lostOf } from './causes/places.ts'
import { connectRepeatedly } from './connecting.ts'
import type { ExamineOptions } from './doctor.ts'
import type { AddressEvidence } from './evidence.ts'
import { connects } from './examine-address.ts'
import { type SentAgain, sentAgain } from './packet-counters.ts'
import { passed } from './passed.ts'

/** Of each address, and of all together. */
const [MORE, MOST, LEAST] = [24, 600, 8]
const BETWEEN_MS = 25
/** A lost SYN is sent again after 1 s. */
const PATIENCE_MS = 1300

/**
 * Where a packet was lost since what was sent again was counted `before`, all addresses that connect are tried more often:
 * one that is late is chance, or had to wait for a neighbour, and whether the next ones are late as well, at one address or
 * at all of them, is told by many attempts only. Never rejects.
 */
export async function tryAgain(
  addresses: readonly AddressEvidence[],
  given: ExamineOptions,
  before: SentAgain | undefined,
): Promise<readonly AddressEvidence[]> {
  const after = await sentAgain()
  const isLost = addresses.some((one) => connects(one) && (lostOf(one) > 0 || isTooLate(one)))
  if (!isLost && !hasLost(addresses, before, after)) return addresses
  const ends = new Map(addresses.filter(connects).map((one) => [endOf(one), one]))
  const attempts = Math.min(MORE, Math.max(LEAST, Math.floor(MOST / ends.size)))
  const options = { attempts, timeoutMs: PATIENCE_MS, betweenMs: BETWEEN_MS, ...passed(given) }
  const tried = await Promise.all(
    [...ends].map(async ([end, { address, port }]) => {
      const connecting = connectRepeatedly(address, port, options)
      return [end, { attempts: await connecting.all, sentAgain: await connecting.sentAgain }] as const
    }),
  )
  const more = new Map(tried)
  return addresses.map((one) => {
    const { attempts, sentAgain: again = Number.NaN } = more.get(endOf(one)) ?? { attempts: [] }
    const sum = (one.sentAgain ?? Number.NaN) + again
    return attempts.length === 0
      ? one
      : { ...one, attempts: [...one.attempts, ...attempts], ...(!Number.isNaN(sum) && { sentAgain: sum }) }
  })
}

/** A connection that was to be spoken on did not come about in time. */
const isTooLate = ({ words }: AddressEvidence): boolean => words?.connected === false && words.outcome === 'timeout'

/** Where nothing answers at an address, requests are sent again because of that. */
const hasLost = (addresses: readonly AddressEvidence[], before?: SentAgain, after?: SentAgain): boolean =>
  before !== undefined &&
  after !== undefined &&
  (after.data > before.data || (addresses.every(connects) && after.requests > before.requests))

const endOf = ({ address, port }: AddressEvidence): string => `${address} ${port}`
