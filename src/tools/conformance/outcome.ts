import { EXCEPTIONS, type Exception } from './exceptions.ts'
import type { Engine, Way } from './suites.ts'

/** What became of one file of a suite. */
export interface FileOutcome {
  readonly file: string
  readonly passed: number
  /** Names of tests. */
  readonly failed: readonly string[]
  readonly skipped: number
  /** The test that never ended, or after which the suite gave up. */
  readonly stuck?: string
  readonly seconds: number
}

/** How a run of a suite came to its end: as one that failed, or by ours. */
export type Ending = 'good' | 'bad' | 'late'

/** What the Tcl suites have printed. */
export function readTcl(file: string, printed: string, seconds: number, ending: Ending): FileOutcome {
  const lines = printed.split('\n')
  const named = (mark: string): string[] =>
    lines.flatMap((line) => (line.startsWith(`[${mark}]: `) ? [line.slice(mark.length + 4)] : []))
  const failed = [...new Set(named('err').map((text) => text.replace(/ in tests\/.*/, '')))]
  const stuck = stuckIn(lines, ending, failed)
  return {
    file,
    passed: named('ok').length,
    failed,
    skipped: named('skip').length + named('ignore').length,
    ...(stuck === undefined ? {} : { stuck }),
    seconds,
  }
}

/** The suite tells what it is at once nothing has ended for a while, and what has thrown. */
function stuckIn(lines: readonly string[], ending: Ending, failed: readonly string[]): string | undefined {
  const inProgress = lines.findLast((line) => line.includes('(IN PROGRESS) '))
  if (inProgress !== undefined) return inProgress.replace(/.*\(IN PROGRESS\) /, '')
  const exception = lines.find((line) => line.startsWith('[exception]'))
  if (exception !== undefined) return exception
  if (ending === 'good' || (ending === 'bad' && failed.length > 0)) return undefined
  return `after ${lines.findLast((line) => /^\[(?:ok|err)\]: /.test(line)) ?? 'nothing'}`
}

export interface Verdict {
  readonly passed: number
  /** 0: it was not measured. */
  readonly bar: number
  readonly expected: readonly { readonly test: string; readonly reason: string }[]
  readonly unexpected: readonly { readonly file: string; readonly test: string }[]
}

/** What all files together come to. */
export function judge(engine: Engine, { bar = 0 }: Way, files: readonly FileOutcome[]): Verdict {
  const exceptions = EXCEPTIONS.filter(({ engines }) => engines.includes(engine))
  const found = (test: string): Exception | undefined => exceptions.find((each) => each.test === test)
  const broken = files.flatMap(({ file, failed, stuck }) =>
    [...failed, ...(stuck === undefined ? [] : [stuck])].map((test) => ({ file, test })),
  )
  return {
    passed: files.reduce((sum, { passed }) => sum + passed, 0),
    bar,
    expected: broken.flatMap(({ test }) => found(test) ?? []),
    unexpected: broken.filter(({ test }) => found(test) === undefined),
  }
}
