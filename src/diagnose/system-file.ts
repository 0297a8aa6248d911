import { readFile } from 'node:fs/promises'
import { parseResolvConf, type ResolvConf } from './resolv-conf.ts'

/**
 * A file by which names are looked up and addresses sorted; null where it can't be read. Nothing is lost by taking that for
 * absent: the C library does the same, for every program of this user.
 */
export const systemFile = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null)

/**
 * A file of the kernel's; '' where it has none, on other systems and of processes that have ended, or keeps it from this user:
 * what it was to tell is then left out.
 */
export const kernelFile = async (path: string): Promise<string> => (await systemFile(path)) ?? ''

/** /etc/resolv.conf, as an empty one where it can not be read. */
export const systemResolvConf = async (): Promise<ResolvConf> =>
  parseResolvConf((await systemFile('/etc/resolv.conf')) ?? '')
