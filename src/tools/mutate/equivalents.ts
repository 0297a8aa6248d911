/** Mutants no test can tell from the code, and why: they count neither way. A test sees to it that each is still to be had. */
export interface Equivalent {
  readonly file: string
  /** The source line, without its indent. */
  readonly context: string
  /** As the report prints it. */
  readonly change: string
  readonly reason: string
}

export const EQUIVALENTS: readonly Equivalent[] = []
