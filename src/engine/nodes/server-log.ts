/** Logs of servers that are processes of their own. */
import { readFileSync, statSync } from 'node:fs'

const FULL_BYTES = 1_000_000
const LAST_LINES = 3

/** Bytes of a log; of one that is not there none. */
export const sizeOf = (log: string): number => statSync(log, { throwIfNoEntry: false })?.size ?? 0

/** Whether a log is begun anew at the next start. */
export const isFull = (log: string): boolean => sizeOf(log) > FULL_BYTES

/** What a server that has ended had said last. @param from Where in the log its words begin. */
export const lastWords = (log: string, from: number): string =>
  readFileSync(log).subarray(from).toString().trim().split('\n').slice(-LAST_LINES).join(' ')
