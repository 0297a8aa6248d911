import type { Row } from './command.ts'

/** The commands of pub/sub. */
export const PUBSUB_COMMANDS: readonly Row[] = []
