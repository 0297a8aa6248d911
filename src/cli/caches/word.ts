import { offering, one, oneOrMore, optional, several, type Word } from '../words.ts'
import type { Offer } from './offers.ts'

/** A word that names a cache, or a place where one may be; where it is missing, those there are are offered. */
export const cacheWord = (description: string, offer: Offer = 'cache'): Word<string> =>
  offering(one(description), offer)

/** One of them or more. */
export const cacheWords = (description: string): Word<readonly string[]> => offering(oneOrMore(description), 'cache')

/** One that the option `instead` does without. */
export const cacheWordUnless = (instead: string, description: string): Word<string | undefined> => ({
  ...offering(optional(description), 'cache'),
  instead,
})

/** Any number, and none only with the option `instead`. */
export const cacheWordsUnless = (instead: string, description: string): Word<readonly string[]> => ({
  ...offering(several(description), 'cache'),
  instead,
})
