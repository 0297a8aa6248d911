/** `--wait` on the operations that start a change. */
import { type OperationName, operation, structure } from '../../api/model.ts'
import { kebabCase } from '../../api/names.ts'
import { memberAt } from '../../api/objects.ts'
import { eventFollower, withEvents } from '../caches/events.ts'
import { untilInterrupted } from '../live/interrupt.ts'
import { startProgress } from '../live/progress.ts'
import type { Item } from '../output/human-value.ts'
import { Problem } from '../problem.ts'
import type { ApiClient } from '../target/client.ts'
import { changedMember, waits } from './operation-waits.ts'
import type { OutcomeWatch } from './outcomes.ts'
import { type PatienceOptions, patienceOf, waitUntil } from './wait.ts'
import { itemsOf, type Waiter, waiters } from './waiters.ts'

const withoutFailures = (waiter: Waiter, passing: readonly string[] = []): Waiter => ({
  ...waiter,
  failures: waiter.failures.filter((status) => !passing.includes(status)),
})

/**
 * Waits for the change that `name` with this input has started, and returns what to print instead of the first answer:
 * the same form with the state in the end; `{}` when the resource is gone.
 * @param outcome What {@link outcomeOf} answered before the change was started.
 */
export async function waitForChange(
  client: ApiClient,
  name: OperationName,
  input: object,
  flags: PatienceOptions,
  outcome?: OutcomeWatch,
): Promise<Record<string, unknown>> {
  const found = waits[name]
  if (!found) throw new Error(`${name} has nothing to wait for`)
  const waiter = withoutFailures(waiters[found.waiter], found.passing)
  const member = changedMember(found, input)
  const id = String(Reflect.get(input, member) ?? '')
  const idMember = member.replace(/^(Target|Source)/, '')
  const progress = startProgress(`${id}: waiting until it is ${waiter.success}`)
  const follow = eventFollower(client, id, progress.note)
  try {
    const answer = await untilInterrupted((signal) =>
      waitUntil(
        client,
        waiter,
        { [idMember]: id, ...(waiter.operation === 'DescribeCacheClusters' && { ShowCacheNodeInfo: true }) },
        {
          ...patienceOf(flags, client.target.kind === 'local'),
          signal,
          outcome,
          onLook: (statuses, answer) => {
            progress.update(`${id}: ${[...statuses, ...howFar(waiter, answer)].join(', ')}`)
            follow()
          },
        },
      ),
    )
    const [item] = answer ? itemsOf(waiter, answer) : []
    return item ? inFormOf(name, item) : {}
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    progress.end()
    if (error.kind === 'interrupted') {
      throw new Problem(
        'interrupted',
        `Stopped waiting for ${id}; the change itself goes on.`,
        lookHint(waiter, idMember, id),
      )
    }
    throw await withEvents(error, client, id, lookHint(waiter, idMember, id))
  } finally {
    progress.end()
  }
}

/** How far slots of a group have moved, while they do. */
export const howFar = (waiter: Waiter, answer: Item): string[] =>
  itemsOf(waiter, answer).flatMap(({ PendingModifiedValues: pending }) => {
    const share = memberAt(pending, 'Resharding.SlotMigration.ProgressPercentage')
    return typeof share === 'number' ? [`${Math.round(share)} % of the slots have moved`] : []
  })

/** `{CacheCluster: ...}` where the operation answers with a structure in a member, the resource itself elsewhere. */
function inFormOf(name: OperationName, item: Record<string, unknown>): Record<string, unknown> {
  const { output } = operation(name)
  const [only] = Object.entries(output ? structure(output).members : {})
  return only && only[1].kind === 'structure' ? { [only[0]]: item } : item
}

const lookHint = ({ operation: describe }: Waiter, idMember: string, id: string): string =>
  `See how it stands: cachectl ${kebabCase(describe)} --${kebabCase(idMember)} ${id}`
