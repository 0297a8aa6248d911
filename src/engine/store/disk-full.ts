import { statfsSync } from 'node:fs'

/** There is no space left for a change; nothing has changed. */
export class DiskFull extends Error {
  readonly code = 'ENOSPC'
}

const EIO = 5
const ENOSPC = 28
/** Less than one change may need. */
const LITTLE_BYTES = 64 * 1024

/** Whether an error of the system says that there is no space left. */
export const isFull = (error: unknown): boolean => {
  const { code } = error as { readonly code?: unknown }
  return code === 'ENOSPC' || code === 'EDQUOT' || code === ENOSPC
}

/** The same of LMDB, which says EIO of a write for which there was room in part. */
export function isFullDisk(error: unknown, file: string): boolean {
  if (isFull(error)) return true
  if ((error as { readonly code?: unknown }).code !== EIO) return false
  const { bavail, bsize } = statfsSync(file)
  return bavail * bsize < LITTLE_BYTES
}
