import { type EndpointKind, identifyEndpoint } from '../../../diagnose/endpoint-kind.ts'
import { convergenceOf, type Verdict, type Wish } from '../../../discovery/compare.ts'
import { type Difference, differencesOf, groupsOf, type ListGroup } from '../../../discovery/differences.ts'
import { type FollowEvent, ListHistory, type VersionLag, wentBack } from '../../../discovery/follow.ts'
import { type PollOptions, pollCluster, type Round } from '../../../discovery/poll.ts'
import { NOTHING_LISTENS } from '../../../net/connect-outcome.ts'
import { onePlace } from '../../caches/place.ts'
import { cacheWord } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { count, time } from '../../flag-kinds.ts'
import { type Flags, toggle, type ValuesOf, value } from '../../flags.ts'
import type { Printer } from '../../forms.ts'
import { globalFlags } from '../../global-flags.ts'
import { endLine, untilInterrupted } from '../../live/interrupt.ts'
import { ExitWith } from '../../problem.ts'
import { forPeople, tell } from '../../terminal.ts'
import { loginFlags, loginOf } from '../kv/resp/login.ts'
import { askFlags, type DiscoverAim, withDiscoverAim } from './discover-aim.ts'
import { type GroupLook, lookAtGroup } from './discover-group-follow.ts'
import { refuseHopeless } from './discover-group-verdict.ts'
import { discoverPrinter } from './discover-print.ts'
import { answerTimeoutOf, follow, isQuiet, type Run } from './discover-rounds.ts'
import { portArgs, tlsFlags } from './places.ts'
import { refuseUnfit, wholeWishes, wishesOf, wishOf } from './wishes.ts'

/** A change passes through the nodes one by one: one good round may be luck. */
const ROUNDS_IN_A_ROW = 2
const DEFAULT_TIMEOUT_MS = 60_000
const NOT_AS_WISHED = 1

const pollFlags = {
  watch: toggle({ summary: 'go on, and show what changes, until Ctrl-C' }),
  polls: count({
    least: 1,
    summary: 'rounds in a row that must be good (default 1; with a wish 2)',
    helpValue: '<number>',
  }),
  interval: time({ summary: 'between two rounds (default 1s)', otherwise: 1000 }),
  until: value(
    {
      summary:
        'wait until every node has it: ipv4, ipv6, nodes <number>, agreed; of Memcached version <number> (or later); of a replication group primary [<node>], shards <number>, replicas <number> (of each shard); several with commas',
      helpValue: '<wish>',
    },
    wishesOf,
  ),
  expect: count({ summary: 'the same as --until nodes <number>', helpValue: '<number>', least: 1 }),
  timeout: time({
    summary: 'with --until or --expect: at most so long (default 60s)',
    otherwise: DEFAULT_TIMEOUT_MS,
  }),
} satisfies Flags

export const discover = command({
  summary: 'Ask every node which nodes its cluster has (config get cluster)',
  description:
    'Asks the configuration endpoint, each node it lists and each node the API knows; holds every list against the newest and against the API (missing, extra, stale, wrong family, wrong order, bad length, a version that goes back). With --until or --expect it asks until all nodes agree on what is wished, or the time is up. What is no ElastiCache endpoint is told what it is. Of a replication group, which has no such list, it asks every node for its role (ROLE) and, in cluster mode, for the shards it knows (CLUSTER SHARDS), and holds them against each other and the API; --watch and --output events tell when a role changes. Exit code 0: every node answered, all agree, with the API too, and the wish is met; 1: not so.',
  words: {
    where: cacheWord('id of a cluster or replication group, or host:port of any node'),
    ...portArgs,
  },
  flags: {
    ...pollFlags,
    ...askFlags,
    ...tlsFlags,
    user: loginFlags.user,
    'password-file': loginFlags['password-file'],
    ...globalFlags,
  },
  examples: [
    'discover shop',
    'discover shop --until ipv4 --timeout 60',
    'discover shop --until nodes 5 --polls 3 --output events',
    'discover cart --until "primary cart-002"',
    'discover localhost:11211 --watch --protocol binary',
  ],
  forms: {
    own: ['events'],
    note: 'json is a line per round shown, events a line per event',
  },
  reword: wholeWishes,
  async run({ words: { where, port }, flags, print }) {
    const run = runOf(flags)
    const place = onePlace(port === undefined ? [where] : [where, port])
    const interruptible = <T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> =>
      untilInterrupted(act, flags.watch ? endLine : undefined)
    await withDiscoverAim(
      place,
      flags,
      async (aim) => {
        refuseUnfit(run.wish, place, 'list')
        tellEnd(await interruptible((signal) => look(aim, run, print, signal)))
      },
      async (aim) => {
        refuseUnfit(run.wish, place, 'group')
        refuseHopeless(aim.cache, run.wish)
        const login = await loginOf(flags)
        const last = await interruptible((signal) => lookAtGroup({ ...aim, login }, run, print, signal))
        tellGroupEnd(last, run.patient)
      },
    )
  },
})

function tellEnd(last: Look | undefined): void {
  if (!last || last.verdict.converged) return
  if (last.identity) tell(identityText(forPeople(last.identity)))
  else tellUnmet(last.verdict.detail)
  const { seed } = last.round
  if (!seed.ok && seed.kind === 'refused') tell(NOTHING_LISTENS)
  throw new ExitWith(NOT_AS_WISHED)
}

function tellGroupEnd(last: GroupLook | undefined, isWished: boolean): void {
  if (!last || last.verdict.converged) return
  // Without a wish all that differs has been told.
  if (isWished) tellUnmet(last.verdict.detail)
  throw new ExitWith(NOT_AS_WISHED)
}

const tellUnmet = (detail: string): void => tell(`Not as wished: ${forPeople(detail).replace(/\.$/, '')}.`)

const identityText = ({ kind, where, sentence, hint }: EndpointKind): string =>
  `${NO_ENDPOINTS.has(kind) ? 'Not an ElastiCache endpoint: ' : ''}${where} is ${sentence}.\n${hint}`

/** What is full, hangs or hangs up may be one all the same. */
const NO_ENDPOINTS: ReadonlySet<EndpointKind['kind']> = new Set(['memcached', 'redis', 'http', 'unknown'])

/** One round and all that is concluded from it. */
export interface Look {
  readonly round: Round
  readonly verdict: Verdict
  readonly differences: readonly Difference[]
  readonly groups: readonly ListGroup[]
  /** What has happened since the round before. */
  readonly events: readonly FollowEvent[]
  readonly lags: readonly VersionLag[]
  /** What answers there instead, when the endpoint gave no list. */
  readonly identity?: EndpointKind
}

function runOf(flags: ValuesOf<typeof pollFlags>): Run {
  const wish = wishOf(flags)
  return {
    wish: wish ?? {},
    patient: wish !== undefined,
    watch: flags.watch,
    polls: flags.polls ?? (wish ? ROUNDS_IN_A_ROW : 1),
    intervalMs: flags.interval,
    timeoutMs: flags.timeout,
  }
}

function look(aim: DiscoverAim, run: Run, print: Printer<'events'>, signal: AbortSignal): Promise<Look | undefined> {
  const options = { ...aim.poll, timeoutMs: answerTimeoutOf(run), intervalMs: run.intervalMs, signal }
  return follow(looks(options, aim, run.wish), run, discoverPrinter(print, { quiet: isQuiet(run) }), print.form, signal)
}

/** Round by round, without an end; exported for tests of its verdicts. */
export async function* looks(
  options: PollOptions,
  { api }: DiscoverAim,
  wish: Wish,
): AsyncGenerator<Look, void, undefined> {
  const history = new ListHistory()
  for await (const round of pollCluster(options)) {
    const events = history.observe(round)
    const differences = [...differencesOf(round, api()), ...wentBack(events)]
    const apiSays = differences.find(({ against, matters }) => against === 'the API' && matters)
    const verdict = convergenceOf(round, wish, apiSays && `every list ${apiSays.detail}, says the API`)
    const identity = round.seed.ok ? undefined : await identifyEndpoint(round.seed, options)
    const lags = history.lags()
    yield { round, verdict, differences, groups: groupsOf(round), events, lags, ...(identity && { identity }) }
  }
}
