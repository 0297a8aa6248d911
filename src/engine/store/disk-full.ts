import { statfsSync } from 'node:fs'

/** There is no space left for a change; nothing has changed. */
export class DiskFull extends Error {
  readonly code = 'ENOSPC'
}

const EIO = 5
const ENOSPC = 28
/** Less than one change may need. */
const LITTLE_BYTES = 64 * 1024

/** A word of Node's, a number of LMDB's. */
const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined

/** Whether an error of the system says that there is no space left. */
export const isFull = (error: unknown): boolean => {
  const code = codeOf(error)
  return code === 'ENOSPC' || code === 'EDQUOT' || code === ENOSPC
}

/** The same of LMDB, which says EIO of a write for which there was room in part. */
export function isFullDisk(error: unknown, file: string): boolean {
  if (isFull(error)) return true
  if (codeOf(error) !== EIO) return false
  const { bavail, bsize } = statfsSync(file)
  return bavail * bsize < LITTLE_BYTES
}
