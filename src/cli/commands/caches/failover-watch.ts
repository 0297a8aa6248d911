/** A failover, watched from the call to the replica that is back. */
import { readEvent } from '../../../api/catalog/events.ts'
import { resources } from '../../../api/catalog/resources.ts'
import { shell } from '../../../api/shell.ts'
import { Outages, watchRoles } from '../../../kv/resp/watch.ts'
import { type Clock, sleep } from '../../../net/clock.ts'
import type { Cache, Shard } from '../../caches/cache.ts'
import { describeAgain } from '../../caches/find.ts'
import type { AskOptions, GroupNode } from '../../caches/group-nodes.ts'
import { startProgress } from '../../live/progress.ts'
import { Problem } from '../../problem.ts'
import type { ApiClient } from '../../target/client.ts'
import type { Plan } from './failover-plan.ts'

const LOOK_MS = 20
const LOCAL_EVENTS_MS = 100
const AWS_EVENTS_MS = 5000

export interface Failing {
  readonly client: ApiClient
  readonly cache: Cache
  readonly shard: Shard
  readonly plan: Plan
  readonly ask: AskOptions
  readonly wait: boolean
  readonly timeout: number
  readonly signal: AbortSignal
  readonly clock: Clock
}

/** JSON-able. Times are milliseconds after the call; null: not known, or not waited for. */
export interface Failover {
  readonly group: string
  readonly shard: string
  readonly from: string | null
  readonly to: string
  readonly promotedAfterMs: number | null
  readonly errorsMs: number | null
  readonly firstError: string | null
  readonly restoredAfterMs: number | null
}

/** Rejects with Problem when the time is up, or at Ctrl-C; neither stops what the call has started. */
export const failOver = (failing: Failing): Promise<Failover> =>
  failing.plan.isInReach ? watched(failing) : unwatched(failing)

const called = ({ client, cache, shard }: Failing) =>
  client.call('TestFailover', { ReplicationGroupId: cache.id, NodeGroupId: shard.id })

/** The name under which the endpoint that follows the primary is watched: no id of a node has a space. */
const DOOR = 'the primary endpoint'

async function watched(failing: Failing): Promise<Failover> {
  const { cache, shard, plan, ask, wait, clock } = failing
  const stop = new AbortController()
  const outages = new Outages()
  /** What each place last said. */
  const roles = new Map<string, 'primary' | 'replica' | undefined>()
  const linked = new Set<string>()
  const door = shard.primary
  const serves = (): boolean =>
    door ? roles.get(DOOR) === 'primary' : plan.nodes.some(({ id }) => roles.get(id) === 'primary')
  const watching = watchRoles(
    { ...(door && { [DOOR]: door }), ...Object.fromEntries(plan.nodes.map((node) => [node.id, node])) },
    {
      ...ask,
      clock,
      signal: stop.signal,
      onLook: ({ place, askedAt, at, standing, problem }) => {
        roles.set(place, standing?.role)
        if (standing?.linked) linked.add(place)
        else linked.delete(place)
        outages.note(serves() ? at : askedAt, serves(), problem)
      },
    },
  )
  const progress = startProgress(`shard ${shard.id} of ${cache.id}`)
  try {
    await until(failing, () => outages.serves, 'a primary answers')
    const start = clock.monotonicMs()
    await called(failing)
    const promoted = (): GroupNode | undefined =>
      plan.nodes.find(({ id }) => id !== plan.primary?.id && roles.get(id) === 'primary')
    progress.update('waiting until another primary answers')
    await until(failing, () => promoted() !== undefined && outages.serves, 'another primary answers')
    const [to, promotedAfterMs] = [promoted()?.id ?? '', clock.monotonicMs() - start]
    let restoredAfterMs: number | null = null
    if (wait) {
      progress.update(`${to} is the primary; waiting until ${plan.primary?.id} is back`)
      await until(failing, () => plan.nodes.every(({ id }) => id === to || linked.has(id)), 'every replica is back')
      restoredAfterMs = clock.monotonicMs() - start
    }
    return {
      ...ends(failing, to),
      promotedAfterMs: Math.round(promotedAfterMs),
      errorsMs: Math.round(outages.totalMs),
      firstError: outages.problem ?? null,
      restoredAfterMs: restoredAfterMs === null ? null : Math.round(restoredAfterMs),
    }
  } finally {
    progress.end()
    stop.abort()
    await watching
  }
}

const ends = ({ cache, shard, plan }: Failing, to: string) => ({
  group: cache.id,
  shard: shard.id,
  from: plan.primary?.id ?? null,
  to,
})

/** By the events alone: those of before the call are known by what they say and when. */
async function unwatched(failing: Failing): Promise<Failover> {
  const { client, cache, wait, clock } = failing
  const seen = new Set((await completions(failing)).map(({ key }) => key))
  const start = clock.monotonicMs()
  const progress = startProgress(`shard ${failing.shard.id} of ${cache.id}`)
  try {
    await called(failing)
    let news: Awaited<ReturnType<typeof completions>> = []
    const isDone = async () => {
      news = (await completions(failing)).filter(({ key }) => !seen.has(key))
      return news.length > 0
    }
    await until(failing, isDone, 'an event tells that it is completed')
    if (wait) {
      const isBack = async () =>
        (await describeAgain(client, cache)).nodes.every(({ status }) => status === 'available')
      await until(failing, isBack, 'every node is available')
    }
    return {
      ...ends(failing, news[0]?.to ?? ''),
      promotedAfterMs: null,
      errorsMs: null,
      firstError: null,
      restoredAfterMs: wait ? Math.round(clock.monotonicMs() - start) : null,
    }
  } finally {
    progress.end()
  }
}

async function completions({ client, plan }: Failing): Promise<{ key: string; to: string }[]> {
  const { Events = [] } = await client.call('DescribeEvents', {
    SourceType: resources.replicationGroup.sourceType,
    Duration: 60,
  })
  return Events.flatMap(({ Date: at, Message = '' }) => {
    const event = readEvent(Message)
    const isOurs = event.kind === 'failed-over' && plan.nodes.some(({ id }) => id === event.toNode)
    return isOurs ? [{ key: `${at?.getTime()} ${Message}`, to: event.toNode }] : []
  })
}

/** Looks until it is so. @throws Problem when the time is up, or at Ctrl-C; neither stops the failover. */
async function until(
  { cache, client, timeout, signal, clock, plan }: Failing,
  isSo: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const start = clock.monotonicMs()
  const hint = `See how it stands: ${shell`cachectl describe-replication-groups --replication-group-id ${cache.id}`}`
  const pause = plan.isInReach ? LOOK_MS : client.target.kind === 'local' ? LOCAL_EVENTS_MS : AWS_EVENTS_MS
  while (!(await isSo())) {
    if (signal.aborted) throw new Problem('interrupted', 'Stopped watching; what was asked for goes on.', hint)
    if (clock.monotonicMs() - start > timeout) {
      throw new Problem('general', `Waited ${Math.round(timeout / 1000)} s in vain until ${what}.`, hint)
    }
    await sleep(clock, pause, signal)
  }
}
