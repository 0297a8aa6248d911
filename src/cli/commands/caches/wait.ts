import { regionalKinds } from '../../../api/catalog/resources.ts'
import { helpOf } from '../../../api/help.ts'
import { eventFollower, withEvents } from '../../caches/events.ts'
import { readInputFile } from '../../call/input-file.ts'
import { inputFrom } from '../../call/operation-input.ts'
import { type Command, command } from '../../command.ts'
import { environment } from '../../environment.ts'
import { time } from '../../flag-kinds.ts'
import { memberFlags, type OperationFlags } from '../../flags.ts'
import { globalFlags, inputFlags, pagingFlags } from '../../global-flags.ts'
import { untilInterrupted } from '../../live/interrupt.ts'
import { startProgress } from '../../live/progress.ts'
import { answerPrinter } from '../../output/print.ts'
import { Problem } from '../../problem.ts'
import { awsConfig } from '../../target/aws-config.ts'
import { openClient } from '../../target/client.ts'
import { resolveTarget } from '../../target/targets.ts'
import { howFar } from '../../waiting/operation-wait.ts'
import { patienceOf, waitUntil } from '../../waiting/wait.ts'
import { type Waiter, type WaiterName, waiters } from '../../waiting/waiters.ts'

/** `wait <name>`: takes the arguments of the Describe operation it asks, and prints nothing when all is well. */
export function waitCommand(name: WaiterName): Command {
  const waiter: Waiter = waiters[name]
  return command({
    summary: `Wait until every ${resourceOf(name)} asked for is ${waiter.success}`,
    description: DESCRIPTION,
    flags: waiterFlags(waiter),
    async run({ flags }) {
      const printer = await answerPrinter(waiter.operation, flags, awsConfig(flags, environment))
      if (flags['generate-cli-skeleton'] !== undefined) {
        return (await import('../../call/skeleton.ts')).showSkeleton(waiter.operation, flags, printer)
      }
      const paged = ['max-items', 'page-size', 'starting-token'].some((option) => flags[option] !== undefined)
      const more = paged ? { PaginationConfig: {} } : {}
      const input = inputFrom(waiter.operation, flags, { ...(await readInputFile(flags)), ...more })
      const target = resolveTarget(flags, environment)
      const client = await openClient(target)
      const progress = startProgress(`waiting until ${waiter.success}`)
      const id = idIn(waiter, input)
      const follow = id === undefined ? () => {} : eventFollower(client, id, progress.note)
      try {
        await untilInterrupted((signal) =>
          waitUntil(client, waiter, input, {
            ...patienceOf(flags, target.kind === 'local'),
            signal,
            onLook: (statuses, answer) => {
              progress.update(`${[...statuses, ...howFar(waiter, answer)].join(', ')}; waiting until ${waiter.success}`)
              follow()
            },
          }),
        )
      } catch (error) {
        progress.end()
        const failed = id !== undefined && error instanceof Problem && error.kind === 'general'
        throw failed ? await withEvents(error, client, id) : error
      } finally {
        progress.end()
        client.close()
      }
    },
  })
}

/** The resource that is waited for, where it is one. */
function idIn({ operation }: Waiter, input: object): string | undefined {
  const kind = regionalKinds.find(({ describe }) => describe === operation)
  const id: unknown = kind && Reflect.get(input, kind.id)
  return typeof id === 'string' ? id : undefined
}

const DESCRIPTION =
  'Looks every 15 seconds on AWS and five times a second on the local engine, for 10 minutes at most, and says nothing on success. A state from which there is no way to the one waited for ends it at once, with exit code 255 and the latest events of the resource, which a terminal shows as they come.'

const resourceOf = (name: WaiterName): string =>
  name.replace(/-(available|active|migrating|deleted)$/, '').replaceAll('-', ' ')

function waiterFlags(waiter: Waiter): OperationFlags {
  return {
    ...memberFlags(waiter.operation, helpOf),
    ...inputFlags,
    // aws-cli has them here as well, and refuses them later.
    ...Object.fromEntries(Object.entries(pagingFlags).map(([name, flag]) => [name, { ...flag, hidden: true }])),
    timeout: time({ summary: 'give up after so long (default 10m)', helpGroup: 'WAITING' }),
    interval: time({ summary: 'time between looks', helpGroup: 'WAITING' }),
    ...globalFlags,
  }
}
