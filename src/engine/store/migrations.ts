/**
 * What becomes of records that a cachectl of before has written: a row a kind, pure. A record that has its form of today already
 * is left as it is, for what can be saved of a damaged file may be of both.
 */
import type { Entry } from './entry.ts'
import type {
  CacheClusterRecord,
  RecordKind,
  Records,
  ServerlessCacheRecord,
  ServerlessSnapshotRecord,
} from './records.ts'

/** A cluster of version 1: one counter told its discovery metadata's version, and whether it had been created. */
type FormerCluster = Omit<CacheClusterRecord, 'engine' | 'created' | 'discovery'> & {
  readonly configVersion: number
  readonly endpointPort: number | null
}

type Former = {
  readonly cluster: FormerCluster
  readonly serverlessCache: Omit<ServerlessCacheRecord, 'engine'>
  readonly serverlessSnapshot: Omit<ServerlessSnapshotRecord, 'engine'>
}

/** There was no other. */
const ENGINE = { engine: 'memcached' } as const

const ROWS: { readonly [K in keyof Former]: (former: Former[K]) => Records[K] } = {
  cluster: ({ configVersion, endpointPort, ...cluster }) => ({
    ...ENGINE,
    ...cluster,
    created: configVersion > 0,
    discovery: endpointPort === null ? null : { version: configVersion, port: endpointPort },
  }),
  serverlessCache: (cache) => ({ ...ENGINE, ...cache }),
  serverlessSnapshot: (snapshot) => ({ ...ENGINE, ...snapshot }),
}

/** The same entries when all of them are of today. */
export function migrated(entries: readonly Entry[]): readonly Entry[] {
  const after = entries.map(migratedEntry)
  return after.some((entry, index) => entry !== entries[index]) ? after : entries
}

function migratedEntry(entry: Entry): Entry {
  const kind = entry.key[0] as RecordKind // or an event, which has no row
  if (!Object.hasOwn(ROWS, kind) || 'engine' in (entry.value as object)) return entry
  // Sound: the row is that of the record's own kind, which the compiler cannot follow through the table.
  const row = ROWS[kind as keyof Former] as (former: never) => unknown
  return { key: entry.key, value: row(entry.value as never) }
}
