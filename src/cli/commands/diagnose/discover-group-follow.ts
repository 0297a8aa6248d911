/** A replication group asked again and again: what its nodes say, what has changed since, and what of it is shown. */
import { type Clock, elapsedMs, sleep, systemClock } from '../../../net/clock.ts'
import { type AskOptions, askMembers, membersOf } from '../../caches/group-nodes.ts'
import type { Printer } from '../../forms.ts'
import type { Style } from '../../output/style.ts'
import { forPeople, printLine } from '../../terminal.ts'
import type { GroupAim } from './discover-aim.ts'
import { type GroupView, groupText, viewOf } from './discover-group.ts'
import { type GroupVerdict, groupVerdict } from './discover-group-verdict.ts'
import { answerTimeoutOf, follow, isQuiet, type RoundsPrinter, type Run } from './discover-rounds.ts'

/** What happened to one node from a round to the next. */
export type GroupEvent = { readonly node: string; readonly shard: string } & (
  | { readonly type: 'role'; readonly from: string; readonly to: string }
  | { readonly type: 'link'; readonly linked: boolean }
  | { readonly type: 'silent'; readonly detail: string }
  | { readonly type: 'answers-again'; readonly role: string }
  | { readonly type: 'joined' }
  | { readonly type: 'left' }
  | { readonly type: 'slots'; readonly from: string | null; readonly to: string | null }
)

/** One round and all that is concluded from it. */
export interface GroupLook {
  readonly round: { readonly number: number; readonly at: string }
  readonly view: GroupView
  readonly verdict: GroupVerdict
  readonly events: readonly GroupEvent[]
}

type Asking = GroupAim & Pick<AskOptions, 'login'>

/** The last round; undefined where the user ended it. Rejects with Problem when waiting is interrupted. */
export const lookAtGroup = (
  asking: Asking,
  run: Run,
  print: Printer<'events'>,
  signal: AbortSignal,
): Promise<GroupLook | undefined> =>
  follow(groupLooks(asking, run, signal), run, groupPrinter(print, isQuiet(run)), print.form, signal)

async function* groupLooks(
  { again, tls, login }: Asking,
  run: Run,
  signal: AbortSignal,
  clock: Clock = systemClock,
): AsyncGenerator<GroupLook, void, undefined> {
  const ask = { ...(tls && { tls }), ...(login && { login }), timeoutMs: answerTimeoutOf(run) }
  const lastRoles = new Map<string, string>()
  let before: GroupView | undefined
  for (let number = 1; !signal.aborted; number++) {
    const start = clock.monotonicMs()
    const at = clock.now().toISOString()
    const cache = await again()
    const asked = await askMembers(membersOf(cache), ask)
    if (signal.aborted) return
    const view = viewOf(cache, asked)
    const verdict = groupVerdict(cache, asked, view.differences, run.wish)
    yield { round: { number, at }, view, verdict, events: before ? eventsOf(before, view, lastRoles) : [] }
    for (const { id, role } of view.nodes) if (role !== null) lastRoles.set(id, role)
    before = view
    await sleep(clock, Math.max(0, run.intervalMs - elapsedMs(clock, start)), signal)
  }
}

/** From one round to the next. Pure. @param lastRoles What each node last said that it is: a primary falls silent before it is a replica. */
export function eventsOf(
  before: GroupView,
  now: GroupView,
  lastRoles: ReadonlyMap<string, string> = new Map(),
): GroupEvent[] {
  const gone = before.nodes.filter(({ id }) => !now.nodes.some((node) => node.id === id))
  return [
    ...gone.map(({ id, shard }): GroupEvent => ({ type: 'left', node: id, shard })),
    ...now.nodes.flatMap((node): GroupEvent[] => {
      const was = before.nodes.find(({ id }) => id === node.id)
      return was ? changesOf(was, node, lastRoles) : [{ type: 'joined', node: node.id, shard: node.shard }]
    }),
  ]
}

type ViewedNode = GroupView['nodes'][number]

function changesOf(was: ViewedNode, now: ViewedNode, lastRoles: ReadonlyMap<string, string>): GroupEvent[] {
  const { id: node, shard } = now
  const events: GroupEvent[] = []
  const from = was.role ?? lastRoles.get(node)
  if (was.role !== null && now.role === null) events.push({ type: 'silent', node, shard, detail: now.problem ?? '' })
  if (was.role === null && now.role !== null) events.push({ type: 'answers-again', node, shard, role: now.role })
  if (from !== undefined && now.role !== null && from !== now.role) {
    events.push({ type: 'role', node, shard, from, to: now.role })
  }
  const { linked } = now
  if (was.linked !== null && linked !== null && was.linked !== linked)
    events.push({ type: 'link', node, shard, linked })
  if (was.slots !== now.slots) events.push({ type: 'slots', node, shard, from: was.slots, to: now.slots })
  return events
}

function eventText(event: GroupEvent): string {
  const { node, shard } = event
  switch (event.type) {
    case 'role':
      return `${node} (shard ${shard}): ${event.from} -> ${event.to}`
    case 'link':
      return `${node} ${event.linked ? 'receives what its primary writes' : 'does not receive what its primary writes'}`
    case 'silent':
      return `${node} does not answer: ${event.detail}`
    case 'answers-again':
      return `${node} answers again, as a ${event.role}`
    case 'joined':
      return `${node} is new, in shard ${shard}`
    case 'left':
      return `${node} is gone`
    case 'slots':
      return `${node} (shard ${shard}): slots ${event.from ?? 'none'} -> ${event.to ?? 'none'}`
  }
}

/** Offsets move with every write, which alone is nothing to show. */
const standstill = ({ view, verdict }: GroupLook): string =>
  JSON.stringify([view.nodes.map(({ offset, behind, ...node }) => node), view.differences, verdict])

function groupPrinter(print: Printer<'events'>, quiet: boolean): RoundsPrinter<GroupLook> {
  if (print.form === 'events') return eventPrinter()
  let before: string | undefined
  const show = ({ round, view, verdict, events }: GroupLook, first: boolean): Promise<void> =>
    print.item(
      { ...view, ...round, verdict, events },
      (_, style) => lookText(forPeople({ round, view, verdict, events }), first, style),
      { events: () => '' },
    )
  return {
    async look(look) {
      if (quiet) return
      const seen = standstill(look)
      if (seen !== before) await show(look, before === undefined)
      before = seen
    },
    async end(last) {
      if (quiet) await show(last, true)
    },
  }
}

function lookText({ round, view, events }: GroupLook, first: boolean, style: Style): string {
  if (first) return groupText(view, style)
  return ['', ...events.map((event) => `${round.at} ${eventText(event)}`), groupText(view, style, 'again')].join('\n')
}

/** One line of JSON for each thing that happens; `type` says what. */
function eventPrinter(): RoundsPrinter<GroupLook> {
  const event = (type: string, at: string, facts: object): void => printLine(JSON.stringify({ type, at, ...facts }))
  let odd: readonly string[] = []
  let verdictBefore: string | undefined
  return {
    async look({ round: { at, number }, view, verdict, events }) {
      event('group', at, { number, ...view })
      for (const { type, ...facts } of events) event(type, at, facts)
      for (const detail of view.differences) if (!odd.includes(detail)) event('difference', at, { detail })
      for (const detail of odd) if (!view.differences.includes(detail)) event('settled', at, { detail })
      odd = view.differences
      const said = JSON.stringify(verdict)
      if (said !== verdictBefore) event('verdict', at, verdict)
      verdictBefore = said
    },
    async end({ round: { at, number }, verdict: { converged } }) {
      event('end', at, { rounds: number, converged })
    },
  }
}
