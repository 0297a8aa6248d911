/** From the words of `cachectl discover` to where it asks, how, and what is wished. */

import type { Wish } from '../../../discovery/compare.ts'
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
import { countOf } from '../../seconds.ts'
import type { ApiClient } from '../../target/client.ts'
import type { AimOptions } from './places.ts'

export interface DiscoverAim {
  readonly poll: Pick<PollOptions, 'seed' | 'tls' | 'protocol' | 'legacy' | 'expected'>
  /** What the API said last; undefined for host:port. */
  readonly api: () => ExpectedCluster | undefined
}

/** AWS throttles the calls of an account, all its users together. */
const API_EVERY_MS = 5000

/** Runs `use` with what is to be polled; a cluster is described again and again meanwhile. A group has no list: `useGroup`. */
export async function withDiscoverAim<T>(
  place: string,
  flags: AskOptions,
  use: (aim: DiscoverAim) => Promise<T>,
  useGroup: (cache: Cache, tls: { readonly tls?: AskTls }) => Promise<T>,
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
    if (cache.group) return useGroup(cache, cache.tls ? { tls: given ?? trustFor(client, flags) } : {})
    refuseUnless('listed', cache)
    const { configuration: seed, status } = cache
    if (!seed) throw new Problem('general', `${read.cluster} has no configuration endpoint (it is ${status}).`)
    const tls = cache.tls ? (given ?? trustFor(client, flags)) : flags.tls ? { verify: false } : undefined
    const described = describedAgain(client, cache)
    return use({ poll: { seed, ...how, ...(tls && { tls }), expected: described.nodes }, api: described.last })
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
  let last = expectedOf(cache)
  let due = clock.monotonicMs() + pause
  let told: string | undefined
  return {
    last: () => last,
    nodes: async () => {
      if (clock.monotonicMs() < due) return last.nodes
      due = clock.monotonicMs() + pause
      try {
        last = expectedOf(await describeAgain(client, cache))
      } catch (error) {
        if (!(error instanceof CallFailed)) throw error
        if (error.message !== told) tellUnasked(error)
        told = error.message
      }
      return last.nodes
    },
  }
}

const expectedOf = (cache: Cache): ExpectedCluster => ({
  status: cache.status,
  tls: cache.tls,
  ...(cache.ipDiscovery && { ipDiscovery: cache.ipDiscovery }),
  nodes: endpointsOf(cache),
})

interface Wishing {
  readonly until?: Wish | undefined
  readonly expect?: number | undefined
}

/** Undefined: nothing is wished. */
export function wishOf({ until, expect }: Wishing): Wish | undefined {
  if (until === undefined && expect === undefined) return undefined
  return { ...until, ...(expect !== undefined && { expect }) }
}

/** `ipv4`, `ipv6`, `version 5`, `nodes 3`, or several of them with commas; `agreed` adds nothing to what all want. */
export const wishesOf = (said: string): Wish =>
  Object.assign({}, ...said.split(',').map((each) => oneWish(each.trim())))

function oneWish(text: string): Wish {
  if (text === 'agreed') return {}
  if (text === 'ipv4' || text === 'ipv6') return { family: text }
  const [, what, number] = /^(version|nodes)[ =:]\s*(\d+)$/.exec(text) ?? []
  if (what === 'version') return { version: countOf('--until', number ?? '', 0) }
  if (what === 'nodes') return { expect: countOf('--until', number ?? '', 1) }
  throw usageProblem(
    `argument --until: invalid choice: '${text}' (choose from: ipv4, ipv6, version <number>, nodes <number>, agreed)`,
    'Several with commas: --until ipv6,nodes=3',
  )
}

/** `--until version 5` is one value, as it is said. */
export function wholeWishes(argv: readonly string[]): string[] {
  const words = [...argv]
  for (let at = 0; at < words.length; at++) {
    const spoken = words[at] === '--until' ? 1 : /^--until=(version|nodes)$/.test(words[at] ?? '') ? 0 : undefined
    const kind = spoken === undefined ? '' : (words[at + spoken] ?? '').replace(/^--until=/, '')
    const number = words[at + (spoken ?? 0) + 1] ?? ''
    if (/(^|,)(version|nodes)$/.test(kind) && /^\d+$/.test(number))
      words.splice(at, (spoken ?? 0) + 2, `--until=${kind} ${number}`)
  }
  return words
}
