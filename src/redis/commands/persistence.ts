import type { Row } from './command.ts'
import { DUMPS } from './dumps.ts'
import { MIGRATE } from './migrate.ts'
import { SAVES } from './saves.ts'

/** The commands of snapshots: DUMP, RESTORE, MIGRATE, SAVE. */
export const PERSISTENCE: readonly Row[] = [...DUMPS, ...MIGRATE, ...SAVES]
