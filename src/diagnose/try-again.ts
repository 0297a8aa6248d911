import { sleep, systemClock } from '../net/clock.ts'
import { attemptConnect } from './connect.ts'
import type { ExamineOptions } from './doctor.ts'
import type { AddressEvidence } from './evidence.ts'

const MORE = 10
const BETWEEN_MS = 60
/** A lost SYN is sent again after 1 s. */
const PATIENCE_MS = 1300

/** At some attempt a packet was lost: the others connected at once. */
const lostSome = ({ attempts }: AddressEvidence): boolean =>
  attempts.some(({ outcome }) => outcome === 'connected') &&
  attempts.some(({ outcome, ms }) => outcome === 'timeout' || (outcome === 'connected' && ms >= 990 && ms < 1300))

/**
 * Where packets were lost on the way to one address, all addresses that connect are tried more often: whether it is one
 * or all of them is told by many attempts only. Never rejects.
 */
export async function tryAgain(
  addresses: readonly AddressEvidence[],
  options: ExamineOptions,
): Promise<readonly AddressEvidence[]> {
  if (!addresses.some(lostSome)) return addresses
  const { clock = systemClock, signal } = options
  const ends = new Map<string, Promise<AddressEvidence['attempts']>>()
  const triedMore = (address: string, port: number): Promise<AddressEvidence['attempts']> =>
    Promise.all(
      Array.from({ length: MORE }, async (_, at) => {
        await sleep(clock, at * BETWEEN_MS, signal)
        return attemptConnect({ address, port, timeoutMs: PATIENCE_MS, clock, ...(signal && { signal }) })
      }),
    )
  return Promise.all(
    addresses.map(async (one) => {
      if (!one.attempts.some(({ outcome }) => outcome === 'connected')) return one
      const end = `${one.address} ${one.port}`
      const more = ends.get(end) ?? triedMore(one.address, one.port)
      ends.set(end, more)
      return { ...one, attempts: [...one.attempts, ...(await more)] }
    }),
  )
}
