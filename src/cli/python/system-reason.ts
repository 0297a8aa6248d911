import { errorCode, errorMessage } from '../../api/thrown.ts'

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: '[Errno 2] No such file or directory',
  EACCES: '[Errno 13] Permission denied',
  ENOTDIR: '[Errno 20] Not a directory',
  EISDIR: '[Errno 21] Is a directory',
}

/** Why a file can't be read, as Python says it; scripts have seen no other. */
export const systemReason = (error: unknown): string => REASONS[errorCode(error) ?? ''] ?? errorMessage(error)
