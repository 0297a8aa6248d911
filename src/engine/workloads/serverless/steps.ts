/**
 * The life of a serverless cache: what it goes through, how long that takes, and what is left of it when a step is done. Pure;
 * the runner does what the steps ask for and commits.
 */
import type { Pace } from '../../../api/local-engine.ts'
import type {
  DataSource,
  ServerlessCacheRecord,
  ServerlessSnapshotRecord,
  ServerlessStep,
} from '../../store/records.ts'
import { nextDaily } from '../snapshots/schedule.ts'

/** Milliseconds before a step; `realistic` follows the guide's "in under a minute" for a creation. */
const DELAYS: Readonly<Record<Exclude<Pace, 'instant'>, Readonly<Record<ServerlessStep['do'], number>>>> = {
  quick: {
    'prepare-data': 0,
    start: 0,
    restore: 0,
    'await-server': 0,
    upgrade: 0,
    dump: 100,
    finish: 200,
    delete: 200,
  },
  realistic: {
    'prepare-data': 15_000,
    start: 0,
    restore: 15_000,
    'await-server': 0,
    // Writes wait meanwhile.
    upgrade: 0,
    dump: 60_000,
    finish: 45_000,
    delete: 60_000,
  },
}

/** Before a snapshot is copied, exported or deleted. */
const SNAPSHOT_DELAYS: Readonly<Record<Pace, number>> = { instant: 0, quick: 200, realistic: 30_000 }

/** The record with the first of its steps due as late as the pace wants. */
export function withDueDate(cache: ServerlessCacheRecord, pace: Pace, now: number): ServerlessCacheRecord {
  const [step] = cache.steps
  return { ...cache, stepDue: now + (step && pace !== 'instant' ? DELAYS[pace][step.do] : 0) }
}

export const snapshotDue = (pace: Pace, now: number): number => now + SNAPSHOT_DELAYS[pace]

/** @param file Of the snapshot to start from, if any. */
export const planCreation = (name: string, file: string | null): ServerlessStep[] => [
  { do: 'start' },
  ...(file === null ? [] : [{ do: 'restore' as const, file }]),
  { do: 'finish', events: [{ kind: 'cache-created', cache: name }] },
]

/**
 * Of a cache that is a server: that starts with what it is to hold.
 * @param data None, or a file as it is, or what a file is to be made of.
 */
export const planServerCreation = (
  name: string,
  data: { readonly file: string; readonly sources?: readonly DataSource[] } | undefined,
): ServerlessStep[] => [
  ...(data?.sources ? [{ do: 'prepare-data' as const, sources: data.sources, file: data.file }] : []),
  { do: 'start' },
  { do: 'await-server', file: data?.file ?? null },
  { do: 'finish', events: [{ kind: 'cache-created', cache: name }] },
]

/** A file of the cache's own: what it begins with, where that has to be made, and what it is upgraded with. */
export const ownFileOf = ({ region, id, token }: ServerlessCacheRecord): string => `${region}-${id}-${token}-data.items`

export const planSnapshot = (snapshot: string): ServerlessStep[] => [
  { do: 'dump', snapshot },
  { do: 'finish', events: [] },
]

/** @param snapshot The final one, if any. */
export const planDeletion = (snapshot: string | null): ServerlessStep[] => [
  ...(snapshot === null ? [] : [{ do: 'dump' as const, snapshot }]),
  { do: 'delete' },
]

/** The cache once its first step is done. */
export function afterStep(cache: ServerlessCacheRecord): ServerlessCacheRecord {
  const [step, ...steps] = cache.steps
  if (step?.do !== 'finish') return { ...cache, steps }
  return { ...cache, steps, status: 'available' }
}

/** A cache whose items could not be written: it stays, even if it was to be deleted afterwards. */
export const afterFailedDump = (cache: ServerlessCacheRecord): ServerlessCacheRecord => ({
  ...cache,
  status: 'available',
  steps: [],
})

/** When the next automatic snapshot is due, by the cache's settings. */
export const nextSnapshotOf = (
  { snapshotRetentionLimit, dailySnapshotTime }: ServerlessCacheRecord,
  now: number,
): number | null => (snapshotRetentionLimit === 0 ? null : nextDaily(dailySnapshotTime, now))

/** A snapshot of a cache, as it begins. @param token Makes the name of its file, since names of snapshots come again. */
export const newSnapshot = (
  cache: ServerlessCacheRecord,
  id: string,
  token: string,
  now: number,
): ServerlessSnapshotRecord => ({
  region: cache.region,
  id,
  type: 'manual',
  status: 'creating',
  engine: cache.engine,
  ...(cache.majorVersion !== undefined && { majorVersion: cache.majorVersion }),
  ...(cache.kmsKeyId !== undefined && { kmsKeyId: cache.kmsKeyId }),
  createdAt: now,
  expiresAt: null,
  cache: cache.id,
  bytes: 0,
  file: `${cache.region}-${token}.items`,
  copyOf: null,
  exportTo: null,
  tags: [],
  stepDue: now,
})

/** Whether what is to be done reads a file in the folder of snapshots. */
export const readsFile = (step: ServerlessStep, file: string): boolean =>
  ((step.do === 'restore' || step.do === 'await-server') && step.file === file) ||
  (step.do === 'prepare-data' && step.sources.some((source) => source.file === file && source.bucket === undefined))
