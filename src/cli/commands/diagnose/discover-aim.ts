/** From the words of `cachectl discover` to where it asks, and how. */

import type { ExpectedCluster } from '../../../discovery/differences.ts'
import type { PollOptions } from '../../../discovery/poll.ts'
import { type Clock, systemClock } from '../../../net/clock.ts'
import type { AskTls } from '../../../net/connection.ts'
import { type Cache, endpointsOf, refuseUnless } from '../../caches/cache.ts'
import { trustFor, withClient } from '../../caches/client.ts'
import { describeAgain, findCache } from '../../caches/find.ts'
import { readPlace } from '../../caches/place.ts'
import { tellUnasked } from '../../caches/refusals.ts'
import { readText } from '../../call/text-input.ts'
import { choice, type Flags, toggle, type ValuesOf } from '../../flags.ts'
import { CallFailed, Problem, usageProblem } from '../../problem.ts'
import type { ApiClient } from '../../target/client.ts'
import type { AimOptions } from './places.ts'

export interface DiscoverAim {
  readonly poll: Pick<PollOptions, 'seed' | 'tls' | 'protocol' | 'legacy' | 'expected'>
  /** What the API said last; undefined for host:port. */
  readonly api: () => ExpectedCluster | undefined
}

/** A replication group: its nodes are asked. */
export interface GroupAim {
  readonly cache: Cache
  /** What the API says of it now. */
  readonly again: () => Promise<Cache>
  readonly tls?: AskTls
}

/** AWS throttles the calls of an account, all its users together. */
const API_EVERY_MS = 5000

/** Runs `use` with what is to be polled; a cluster is described again and again meanwhile. A group has no list: `useGroup`. */
export async function withDiscoverAim<T>(
  place: string,
  flags: AskOptions,
  use: (aim: DiscoverAim) => Promise<T>,
  useGroup: (aim: GroupAim) => Promise<T>,
): Promise<T> {
  const read = readPlace(place)
  const how = manner(flags)
  const given = flags.ca === undefined ? undefined : { ca: readText(flags.ca) }
  if ('host' in read) {
    // Without an authority nothing is verified: this shows lists, `cachectl tls` judges certificates.
    const tls = given ?? (flags.tls ? { verify: false } : undefined)
    return use({ poll: { seed: read, ...how, ...(tls && { tls }) }, api: () => undefined })
  }
  return withClient(flags, async (client) => {
    const cache = await findCache(client, read.cluster)
    if (cache.group) {
      const { again } = describedAgain(client, cache)
      return useGroup({ cache, again, ...(cache.tls && { tls: given ?? trustFor(client, flags) }) })
    }
    refuseUnless('listed', cache)
    const { configuration: seed, status } = cache
    if (!seed) throw new Problem('general', `${read.cluster} has no configuration endpoint (it is ${status}).`)
    const tls = cache.tls ? (given ?? trustFor(client, flags)) : flags.tls ? { verify: false } : undefined
    const described = describedAgain(client, cache)
    return use({
      poll: { seed, ...how, ...(tls && { tls }), expected: async () => endpointsOf(await described.again()) },
      api: () => expectedOf(described.last()),
    })
  })
}

export const askFlags = {
  protocol: choice(['text', 'binary'], { summary: 'text (default) or binary (opcode 0x60)', helpValue: '<protocol>' }),
  binary: toggle({ summary: 'the same as --protocol binary' }),
  legacy: toggle({ summary: 'ask for the key AmazonElastiCache:cluster, as before Memcached 1.4.14' }),
} satisfies Flags

type AskOptions = ValuesOf<typeof askFlags> & AimOptions

function manner({ protocol, binary, legacy }: AskOptions): Pick<PollOptions, 'protocol' | 'legacy'> {
  if (binary && protocol === 'text') throw usageProblem('--binary and --protocol text exclude each other')
  return { protocol: protocol ?? (binary ? 'binary' : 'text'), legacy }
}

/** An API that fails now and then must not end the watching of nodes: what it said last stands. */
function describedAgain(client: ApiClient, cache: Cache, clock: Clock = systemClock) {
  const pause = client.target.kind === 'local' ? 0 : API_EVERY_MS
  let last = cache
  let due = clock.monotonicMs() + pause
  let told: string | undefined
  return {
    last: () => last,
    again: async () => {
      if (clock.monotonicMs() < due) return last
      due = clock.monotonicMs() + pause
      try {
        last = await describeAgain(client, cache)
      } catch (error) {
        if (!(error instanceof CallFailed)) throw error
        if (error.message !== told) tellUnasked(error)
        told = error.message
      }
      return last
    },
  }
}

const expectedOf = (cache: Cache): ExpectedCluster => ({
  status: cache.status,
  tls: cache.tls,
  ...(cache.ipDiscovery && { ipDiscovery: cache.ipDiscovery }),
  nodes: endpointsOf(cache),
})
