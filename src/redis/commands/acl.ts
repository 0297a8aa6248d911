import type { Row } from './command.ts'

/** ACL. */
export const ACL: readonly Row[] = []
