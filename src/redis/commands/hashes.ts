import type { Row } from './command.ts'

/** The commands of hashes. */
export const HASHES: readonly Row[] = []
