import { resources } from '../../../api/catalog/resources.ts'
import type { OperationName } from '../../../api/model.ts'
import { withClient } from '../../caches/client.ts'
import { noting, tellUnasked } from '../../caches/refusals.ts'
import { describeAll, findAll } from '../../caches/resources.ts'
import { type DueEntry, timeLine } from '../../caches/time-line.ts'
import { command } from '../../command.ts'
import { environment } from '../../environment.ts'
import { globalFlags } from '../../global-flags.ts'
import { columnsText } from '../../output/human-table.ts'
import type { Column } from '../../output/human-views.ts'
import { absoluteTime, relativeTime } from '../../output/relative-time.ts'
import { styleOf } from '../../output/style.ts'
import { nowAt } from '../../target/engine-now.ts'
import { resolveTarget } from '../../target/targets.ts'

export const maintenance = command({
  summary: 'Show what is due at all caches, and when, on one time line',
  description:
    "The next maintenance window of each cluster and replication group, the changes that wait for it, and service updates that are not applied yet, by the date until which they are recommended. Times are UTC; at the local engine they are those of the engine's clock. Serverless caches have no windows.",
  flags: globalFlags,
  examples: ['maintenance', 'maintenance --output json', `maintenance --query "[?kind=='pending change']"`],
  forms: {},
  async run({ flags, print }) {
    const now = await nowAt(resolveTarget(flags, environment), flags)
    // Values of pending changes stand in sentences, which programs get, too.
    const plain = await styleOf(false, Number.POSITIVE_INFINITY, now)
    const due = await withClient(flags, async (client) => {
      const all = (name: OperationName) => describeAll(client, name).catch(noting(tellUnasked, []))
      const [found, updates, actions] = await Promise.all([
        findAll(client, [resources.cluster, resources.replicationGroup]),
        all('DescribeServiceUpdates'),
        all('DescribeUpdateActions'),
      ])
      return timeLine({ found, updates, actions }, now, plain)
    })
    await print.answer(due, (shown, style) =>
      shown.length === 0 ? 'Nothing is due.' : columnsText(COLUMNS, shown, { ...style, now }),
    )
  },
})

const COLUMNS: readonly Column<DueEntry>[] = [
  { head: 'When', of: ({ at }) => toTheMinute(at) },
  { head: 'Cache', of: 'cache' },
  { head: 'Kind', of: 'kind' },
  { head: 'What', of: 'what', long: true },
  { head: 'That is', of: ({ at }, { now, faint }) => faint(relativeTime(new Date(at), now)) },
  { head: 'Until', of: ({ until }) => (until === null ? '' : toTheMinute(until)) },
]

/** Windows have no seconds: `2026-12-02 12:00Z`. */
const toTheMinute = (time: string): string => absoluteTime(new Date(time)).replace(/:\d\dZ$/, 'Z')
