/**
 * What becomes of records that a cachectl of before has written: a row a kind, pure. A record that has its form of today already
 * is left as it is, for what can be saved of a damaged file may be of both.
 */
import { type EventFacts, readEvent } from '../../api/catalog/events.ts'
import type { Entry } from './entry.ts'
import type {
  CacheClusterRecord,
  FaultRecord,
  Records,
  ServerlessCacheRecord,
  ServerlessSnapshotRecord,
  ServerlessStep,
  ServiceEvent,
  Step,
} from './records.ts'

/** A cluster of version 1: one counter told its discovery metadata's version, and whether it had been created. */
type FormerCluster = Omit<CacheClusterRecord, 'engine' | 'created' | 'discovery'> & {
  readonly configVersion: number
  readonly endpointPort: number | null
}

/** It had words where there are facts now. */
type FormerStep<S extends Step | ServerlessStep> =
  | Exclude<S, { do: 'finish' }>
  | { readonly do: 'finish'; readonly message?: string; readonly messages?: readonly string[] }

type WithFormerSteps<R extends { readonly steps: readonly (Step | ServerlessStep)[] }> = Omit<R, 'steps'> & {
  readonly steps: readonly FormerStep<R['steps'][number]>[]
}

type Former = {
  readonly cluster: WithFormerSteps<FormerCluster>
  readonly serverlessCache: WithFormerSteps<Omit<ServerlessCacheRecord, 'engine'>>
  readonly serverlessSnapshot: Omit<ServerlessSnapshotRecord, 'engine'>
  readonly fault: FormerFault
  readonly event: Omit<ServiceEvent, 'event'> & { readonly message: string }
}

/** A fault of before had a member for every option that any fault has. */
type FormerFault = Readonly<Record<string, string | number | null>>

type Current = Records & { readonly event: ServiceEvent }

interface Row<F, T> {
  isFormer(value: object): boolean
  migrate(former: F): T
}

/** There was no other. */
const ENGINE = { engine: 'memcached' } as const
const lacksEngine = (value: object): boolean => !('engine' in value)

const ROWS: { readonly [K in keyof Former]: Row<Former[K], Current[K]> } = {
  cluster: {
    isFormer: lacksEngine,
    migrate: ({ configVersion, endpointPort, steps, ...cluster }) => ({
      ...ENGINE,
      ...cluster,
      created: configVersion > 0,
      discovery: endpointPort === null ? null : { version: configVersion, port: endpointPort },
      steps: steps.map((step): Step => {
        if (step.do !== 'finish') return step
        return step.message === undefined ? { do: 'finish' } : { do: 'finish', event: knownEvent(step.message) }
      }),
    }),
  },
  serverlessCache: {
    isFormer: lacksEngine,
    migrate: ({ steps, ...cache }) => ({
      ...ENGINE,
      ...cache,
      steps: steps.map((step): ServerlessStep => {
        return step.do === 'finish' ? { do: 'finish', events: (step.messages ?? []).map(knownEvent) } : step
      }),
    }),
  },
  serverlessSnapshot: { isFormer: lacksEngine, migrate: (snapshot) => ({ ...ENGINE, ...snapshot }) },
  fault: {
    isFormer: (value) => 'frozen' in value && 'replacementDue' in value,
    // Sound: what is left is what a fault of its kind has.
    migrate: (fault) =>
      Object.fromEntries(Object.entries(fault).filter(([, value]) => value !== null)) as unknown as FaultRecord,
  },
  event: {
    // What alarms send stays words.
    isFormer: (value) => 'message' in value && !('subject' in value),
    migrate: ({ message, ...place }) => ({ ...place, event: readEvent(message) }),
  },
}

const knownEvent = (message: string): EventFacts => readEvent(message) as EventFacts // steps have no words but of events

/** The same entries when all of them are of today. */
export function migrated(entries: readonly Entry[]): readonly Entry[] {
  const after = entries.map(migratedEntry)
  return after.some((entry, index) => entry !== entries[index]) ? after : entries
}

function migratedEntry(entry: Entry): Entry {
  const [kind = ''] = entry.key
  if (!Object.hasOwn(ROWS, kind)) return entry
  // Sound: the row is that of the record's own kind, which the compiler cannot follow through the table.
  const row = ROWS[kind as keyof Former] as Row<never, unknown>
  const value = entry.value as object // of a record
  return row.isFormer(value) ? { key: entry.key, value: row.migrate(value as never) } : entry
}
