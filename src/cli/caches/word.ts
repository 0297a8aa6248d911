import { one, type Word } from '../words.ts'

/** A word that names a cache, or a place where one may be; on a terminal those there are are offered. */
export const cacheWord = (description: string): Word<string> => ({
  ...one(description),
  choose: async (flags) => (await import('./choose.ts')).chooseCache(flags),
})
