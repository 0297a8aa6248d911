/** What JavaScript may hand to `startEngine`, which no type checker has looked at. Pure. */
import { regionFacts, regionNames } from '../api/catalog/regions.ts'
import { PACES } from '../api/local-engine.ts'
import { nearest } from '../api/nearest.ts'
import type { EngineOptions } from './published.d.ts'

interface Rule {
  readonly fits: (value: unknown) => boolean
  readonly wanted: string
  readonly words?: readonly string[]
}

const HIGHEST_PORT = 65_535

const RULES = {
  stateDir: { fits: (value) => typeof value === 'string' && value !== '', wanted: 'the path of a directory' },
  port: {
    fits: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= HIGHEST_PORT,
    wanted: `a whole number from 0 to ${HIGHEST_PORT}`,
  },
  region: {
    fits: (value) => typeof value === 'string' && regionFacts(value) !== undefined,
    wanted: 'a region such as us-west-2',
    words: regionNames,
  },
  pace: { fits: (value) => PACES.some((pace) => pace === value), wanted: PACES.join(', '), words: PACES },
  log: { fits: (value) => typeof value === 'function', wanted: 'a function' },
} as const satisfies Record<keyof EngineOptions, Rule>

const names = Object.keys(RULES)
const isName = (name: string): name is keyof typeof RULES => Object.hasOwn(RULES, name)

/** @throws TypeError that names the option, and what it takes */
export function refuseWrongOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`startEngine takes an object of options: ${names.join(', ')}.`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (!isName(name)) throw new TypeError(`startEngine has no option ${name}.${meant(name, names, names.join(', '))}`)
    const { fits, wanted, words = [] }: Rule = RULES[name]
    if (value === undefined || fits(value)) continue
    throw new TypeError(`startEngine: ${name} is ${shown(value)}.${meant(value, words, wanted)}`)
  }
}

function meant(said: unknown, words: readonly string[], wanted: string): string {
  const guess = typeof said === 'string' ? nearest(said, words) : undefined
  return guess === undefined ? ` Possible: ${wanted}.` : ` Did you mean ${guess}?`
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? `'${value}'` : typeof value === 'object' ? 'an object' : String(value)
