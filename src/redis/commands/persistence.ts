import type { Row } from './command.ts'

/** The commands of snapshots: DUMP, RESTORE, MIGRATE, SAVE. */
export const PERSISTENCE: readonly Row[] = []
