import type { Row } from './command.ts'

/** The commands of scripts and functions. */
export const SCRIPTING: readonly Row[] = []
