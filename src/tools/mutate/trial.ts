/** What goes between the report, the judge's process and the workers its tests run in. */

/** What a worker is to do. */
export type Trial =
  | { readonly kind: 'survey'; readonly directory: string }
  | {
      readonly kind: 'mutant'
      readonly mutant: number
      /** The tests that reach the mutant; null for all. */
      readonly tests: readonly string[] | null
      /** How many times the tests may come by a mutant before one is held to be endless. */
      readonly patience: number
    }

/** What one test file reaches when no mutant is on. */
export interface Survey {
  readonly file: string
  readonly milliseconds: number
  readonly asked: number
  readonly byMutant: ReadonlyMap<number, readonly string[] | null>
}

export interface Question {
  readonly file: string
  readonly trial: Trial
}

export interface Answer {
  /** The tests that failed; a file that would not load counts as one. */
  readonly failed: readonly string[]
}
