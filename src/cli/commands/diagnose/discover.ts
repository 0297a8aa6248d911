import { type EndpointKind, identifyEndpoint } from '../../../diagnose/endpoint-kind.ts'
import { convergenceOf, type Verdict, type Wish } from '../../../discovery/compare.ts'
import { type Difference, differencesOf, groupsOf, type ListGroup } from '../../../discovery/differences.ts'
import { type FollowEvent, ListHistory, type VersionLag, wentBack } from '../../../discovery/follow.ts'
import { type PollOptions, pollCluster, type Round } from '../../../discovery/poll.ts'
import { type Clock, systemClock } from '../../../net/clock.ts'
import { NOTHING_LISTENS } from '../../../net/connect-outcome.ts'
import type { Cache } from '../../caches/cache.ts'
import { onePlace } from '../../caches/place.ts'
import { cacheWord } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { count, time } from '../../flag-kinds.ts'
import { type Flags, toggle, type ValuesOf, value } from '../../flags.ts'
import type { Printer } from '../../forms.ts'
import { globalFlags } from '../../global-flags.ts'
import { endLine, untilInterrupted } from '../../live/interrupt.ts'
import { startProgress } from '../../live/progress.ts'
import { ExitWith, Problem, usageProblem } from '../../problem.ts'
import { forPeople, tell } from '../../terminal.ts'
import { loginFlags, loginOf } from '../kv/resp/login.ts'
import { askFlags, type DiscoverAim, wholeWishes, wishesOf, wishOf, withDiscoverAim } from './discover-aim.ts'
import { groupText, groupView } from './discover-group.ts'
import { discoverPrinter } from './discover-print.ts'
import { portArgs, tlsFlags } from './places.ts'

/** A change passes through the nodes one by one: one good round may be luck. */
const ROUNDS_IN_A_ROW = 2
const DEFAULT_TIMEOUT_MS = 60_000
/** For one question. */
const ANSWER_TIMEOUT_MS = 3000
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
        'wait until every node has it: ipv4, ipv6, version <number> (or later), nodes <number>, agreed; several with commas',
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
    'Asks the configuration endpoint, each node it lists and each node the API knows; holds every list against the newest and against the API (missing, extra, stale, wrong family, wrong order, bad length, a version that goes back). With --until or --expect it asks until all nodes agree on what is wished, or the time is up. What is no ElastiCache endpoint is told what it is. Of a replication group, which has no such list, it asks every node for its role (ROLE) and, in cluster mode, for the shards it knows (CLUSTER SHARDS), and holds them against each other and the API. Exit code 0: every node answered, all agree, with the API too, and the wish is met; 1: not so.',
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
    'discover localhost:11211 --watch --protocol binary',
  ],
  forms: {
    own: ['events'],
    note: 'json is a line per round shown, events a line per event',
  },
  reword: wholeWishes,
  async run({ words: { where, port }, flags, print }) {
    const run = runOf(flags)
    const last = await withDiscoverAim(
      onePlace(port === undefined ? [where] : [where, port]),
      flags,
      (aim) => untilInterrupted((signal) => look(aim, run, print, signal), flags.watch ? endLine : undefined),
      async (cache, tls) => lookAtGroup(cache, { ...tls, login: await loginOf(flags) }, run, print),
    )
    if (!last || last.verdict.converged) return
    if (last.identity) tell(identityText(forPeople(last.identity)))
    else tell(`Not as wished: ${last.verdict.detail}.`)
    const { seed } = last.round
    if (!seed.ok && seed.kind === 'refused') tell(NOTHING_LISTENS)
    throw new ExitWith(NOT_AS_WISHED)
  },
})

const identityText = ({ kind, where, sentence, hint }: EndpointKind): string =>
  `${NO_ENDPOINTS.has(kind) ? 'Not an ElastiCache endpoint: ' : ''}${where} is ${sentence}.\n${hint}`

/** What is full, hangs or hangs up may be one all the same. */
const NO_ENDPOINTS: ReadonlySet<EndpointKind['kind']> = new Set(['memcached', 'redis', 'http', 'unknown'])

/** Once: what is waited for or watched is the list of Memcached. */
async function lookAtGroup(
  cache: Cache,
  ask: Parameters<typeof groupView>[1],
  { watch, patient }: Run,
  print: Printer<'events'>,
): Promise<undefined> {
  if (watch || patient) {
    throw usageProblem(
      `${cache.id} is a replication group: its nodes are asked once, without --watch, --until and --expect`,
      'To follow a failover: cachectl failover',
    )
  }
  const view = await groupView(cache, ask)
  await print.answer(view, groupText, { events: (shown) => JSON.stringify({ type: 'group', ...shown }) })
  if (view.differences.length > 0) throw new ExitWith(NOT_AS_WISHED)
  return undefined
}

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

interface Run {
  readonly wish: Wish
  readonly patient: boolean
  readonly watch: boolean
  readonly polls: number
  readonly intervalMs: number
  readonly timeoutMs: number
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

async function look(
  aim: DiscoverAim,
  run: Run,
  print: Printer<'events'>,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<Look | undefined> {
  const { watch, patient, polls, intervalMs, timeoutMs } = run
  // A sign of life, needed only while nothing else is printed.
  const progress = patient && !watch && print.form === 'readable' ? startProgress('asking every node') : undefined
  const printer = discoverPrinter(print, { quiet: patient && !watch })
  const start = clock.monotonicMs()
  let inARow = 0
  let last: Look | undefined
  try {
    const question = { timeoutMs: patient && !watch ? Math.min(ANSWER_TIMEOUT_MS, timeoutMs) : ANSWER_TIMEOUT_MS }
    for await (const each of looks({ ...aim.poll, ...question, intervalMs, signal }, aim, run.wish)) {
      last = each
      await printer.look(each)
      const { verdict, round } = each
      inARow = verdict.converged ? inARow + 1 : 0
      if (!verdict.converged) progress?.update(verdict.detail)
      const hopeless = patient && !verdict.converged && verdict.final
      const over = patient && !watch && clock.monotonicMs() - start >= timeoutMs
      if (hopeless || over || (patient && inARow >= polls) || (!patient && !watch && enough(round, verdict, polls)))
        break
    }
  } finally {
    progress?.end()
  }
  if (!last || (signal.aborted && !watch)) throw new Problem('interrupted', 'Stopped asking.')
  await printer.end(last)
  // A user who watches until Ctrl-C has seen what there was to see.
  return signal.aborted ? undefined : last
}

/** Without a wish a bad round is an answer, and no further one changes it. */
const enough = ({ number }: Round, verdict: Verdict, polls: number): boolean => !verdict.converged || number >= polls

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
