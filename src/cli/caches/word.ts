import type { GlobalOptions } from '../global-flags.ts'
import { one, oneOrMore, type Word } from '../words.ts'

const choose = async (flags: GlobalOptions): Promise<string> => (await import('./choose.ts')).chooseCache(flags)

/** A word that names a cache, or a place where one may be; on a terminal those there are are offered. */
export const cacheWord = (description: string): Word<string> => ({ ...one(description), choose })

/** One of them or more. */
export const cacheWords = (description: string): Word<readonly string[]> => ({ ...oneOrMore(description), choose })
