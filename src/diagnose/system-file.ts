import { readFile } from 'node:fs/promises'
import { parseResolvConf, type ResolvConf } from './resolv-conf.ts'

/**
 * A file by which names are looked up and addresses sorted; null where it can't be read. Nothing is lost by taking that for
 * absent: the C library does the same, for every program of this user.
 */
export const systemFile = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null)

/** This host's resolv.conf; without the file, the resolver's defaults. */
export const systemResolvConf = async (): Promise<ResolvConf> =>
  parseResolvConf((await systemFile('/etc/resolv.conf')) ?? '')
