import { meantAmong } from '../../../api/nearest.ts'
import { shell } from '../../../api/shell.ts'
import { visibleIn } from '../../../api/visible.ts'
import { systemClock } from '../../../net/clock.ts'
import type { Cache, Shard } from '../../caches/cache.ts'
import { trustFor, withClient } from '../../caches/client.ts'
import { allCaches, findCache, isNoCache } from '../../caches/find.ts'
import { type AskOptions, askMembers, membersOf } from '../../caches/group-nodes.ts'
import { tellUnasked } from '../../caches/refusals.ts'
import { cacheWord } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { time } from '../../flag-kinds.ts'
import { text, toggle } from '../../flags.ts'
import { confirmFlags, globalFlags } from '../../global-flags.ts'
import { confirmDestruction } from '../../live/confirm.ts'
import { untilInterrupted } from '../../live/interrupt.ts'
import { prompt } from '../../live/prompt.ts'
import { absence, Problem, usageProblem } from '../../problem.ts'
import type { ApiClient } from '../../target/client.ts'
import { describeTarget } from '../../target/targets.ts'
import { canAsk, tell } from '../../terminal.ts'
import { givenTrust } from '../kv/place.ts'
import { loginFlags, loginOf } from '../kv/resp/login.ts'
import { planOf, planText } from './failover-plan.ts'
import { type Failover, failOver } from './failover-watch.ts'

const ANSWER_MS = 500
const TIMEOUT_MS = 600_000

export const failover = command({
  summary: 'Make a replica the primary of a shard, and tell how long clients saw errors',
  description:
    'Says which node is the primary, which replica is likely to take over and how far it is behind; asks on a terminal; calls TestFailover, and returns when another primary answers. Meanwhile a small client asks the nodes for their role every 20 ms, and writes nothing: from the last answer of a primary to the next one it counts as errors. With --wait it returns when the lost node is back as a replica. Where the nodes can not be reached from here, events of the group tell when it is done. --dry-run ends after the plan, which goes to stderr.',
  words: { group: cacheWord('id of a replication group') },
  flags: {
    shard: text({ summary: 'which shard: 0001 (needed where there are several)', helpValue: '<id>' }),
    'dry-run': toggle({ summary: 'say what would be done, and end' }),
    wait: toggle({ summary: 'return when the lost node is back as a replica' }),
    timeout: time({
      summary: 'give up after so long (default 10m)',
      otherwise: TIMEOUT_MS,
    }),
    user: loginFlags.user,
    'password-file': loginFlags['password-file'],
    ca: text({ summary: 'PEM file with the authorities to trust', helpValue: '<path>' }),
    ...confirmFlags,
    ...globalFlags,
  },
  examples: ['failover shop', 'failover cart --shard 0002 --yes --wait', 'failover shop --dry-run'],
  forms: {},
  async run({ words: { group: id }, flags, print }) {
    await withClient(flags, async (client) => {
      const cache = await cacheCalled(client, id)
      const shard = await shardOf(cache, flags.shard)
      const login = await loginOf(flags)
      const ask: AskOptions = {
        login,
        timeoutMs: ANSWER_MS,
        ...(cache.tls && { tls: givenTrust(flags) ?? trustFor(client, flags) }),
      }
      const nodes = membersOf(cache).filter((node) => node.shard === shard.id)
      if (nodes.length < 2) {
        throw new Problem(
          'general',
          `Shard ${shard.id} of ${id} has no replica that could take over.`,
          shell`To have one: cachectl scale ${id} --replicas 1`,
        )
      }
      const plan = planOf(await askMembers(nodes, ask))
      tell(planText(visibleIn({ cache: id, shard, plan })))
      if (flags['dry-run']) return
      await confirmDestruction(`Fail over shard ${shard.id} of ${id} on ${describeTarget(client.target)}?`, flags.yes)
      const ended = await untilInterrupted((signal) =>
        failOver({
          client,
          cache,
          shard,
          plan,
          ask,
          signal,
          wait: flags.wait,
          timeout: flags.timeout,
          clock: systemClock,
        }),
      )
      await print.answer(ended, reportText)
    })
  },
})

/** Of whatever kind, for its kind to be told; where there is none, it was a replication group that was meant. */
async function cacheCalled(client: ApiClient, id: string): Promise<Cache> {
  try {
    return await findCache(client, id)
  } catch (error) {
    if (!isNoCache(error)) throw error
    const groups = (await allCaches(client, tellUnasked)).filter(({ shards }) => shards).map((cache) => cache.id)
    throw absence(`There is no replication group ${id}.`, meantAmong(id, groups))
  }
}

async function shardOf(cache: Cache, said: string | undefined): Promise<Shard> {
  const { id, kind, shards, status, memberOf } = cache
  if (memberOf !== undefined) {
    throw new Problem(
      'general',
      `${id} is a node of ${memberOf}, and it is shards that fail over.`,
      shell`The one it is in: cachectl failover ${memberOf}`,
    )
  }
  if (!shards) {
    throw new Problem(
      'general',
      `${id} is a ${kind.name}: only replication groups have replicas that take over.`,
      cache.serverless ? 'A serverless cache fails over by itself.' : 'See what there is: cachectl list',
    )
  }
  const ids = shards.map((shard) => shard.id)
  const [only] = shards
  if (!only) throw new Problem('general', `${id} has no shards (it is ${status}).`)
  const wanted = said ?? (shards.length === 1 ? only.id : await chosen(id, ids))
  const found = shards.find((shard) => shard.id === wanted)
  if (found) return found
  throw absence(`${id} has no shard ${wanted}.`, meantAmong(wanted, ids))
}

async function chosen(id: string, ids: readonly string[]): Promise<string> {
  if (canAsk()) {
    const choices = ids.map((value) => ({ name: value, value }))
    return String(await prompt({ type: 'select', message: `Which shard of ${id}?`, choices }))
  }
  throw usageProblem(
    'the following arguments are required: --shard',
    `${id} has several: ${ids.join(', ')}. As in: ${shell`cachectl failover ${id} --shard ${ids[0] ?? ''}`}`,
  )
}

function reportText({ shard, from, to, promotedAfterMs, errorsMs, firstError, restoredAfterMs }: Failover): string {
  const after = promotedAfterMs === null ? '' : `, ${seconds(promotedAfterMs)} after the call`
  return [
    `${to} is the primary of shard ${shard}${after}.`,
    errorsMs === null
      ? 'How long clients saw errors is not known: no node answers here.'
      : errorsMs === 0
        ? 'Clients saw no errors.'
        : `Clients saw errors for ${seconds(errorsMs)}${firstError ? `; the first: ${firstError}` : ''}.`,
    restoredAfterMs === null
      ? `${from ?? 'The lost node'} comes back as a replica; --wait waits for it.`
      : `${from ?? 'The lost node'} is back as a replica, ${seconds(restoredAfterMs)} after the call.`,
  ].join('\n')
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`
