/** Asking round by round, until what is wished is so, the time is up, or the user has seen enough. */
import { type Clock, systemClock } from '../../../net/clock.ts'
import { startProgress } from '../../live/progress.ts'
import { Problem } from '../../problem.ts'
import type { Wishes } from './wishes.ts'

/** For one question. */
const ANSWER_TIMEOUT_MS = 3000

export interface Run {
  readonly wish: Wishes
  /** Whether something is wished, and so waited for. */
  readonly patient: boolean
  readonly watch: boolean
  /** Rounds in a row that must be good. */
  readonly polls: number
  readonly intervalMs: number
  readonly timeoutMs: number
}

/** What is concluded from a round. */
interface Judged {
  readonly round: { readonly number: number }
  readonly verdict:
    | { readonly converged: true }
    | { readonly converged: false; readonly detail: string; readonly final: boolean }
}

export interface RoundsPrinter<L> {
  look(look: L): Promise<void>
  /** When asking is over. */
  end(last: L): Promise<void>
}

/** Rounds on the way to a wish are not shown, only the last. */
export const isQuiet = ({ patient, watch }: Run): boolean => patient && !watch

export const answerTimeoutOf = (run: Run): number =>
  isQuiet(run) ? Math.min(ANSWER_TIMEOUT_MS, run.timeoutMs) : ANSWER_TIMEOUT_MS

/** The last round; undefined where a user who watched ended it. Rejects with Problem when waiting is interrupted. */
export async function follow<L extends Judged>(
  looks: AsyncIterable<L>,
  run: Run,
  printer: RoundsPrinter<L>,
  form: string,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<L | undefined> {
  const { watch, patient, polls, timeoutMs } = run
  // A sign of life, needed only while nothing else is printed.
  const progress = isQuiet(run) && form === 'readable' ? startProgress('asking every node') : undefined
  const start = clock.monotonicMs()
  let inARow = 0
  let last: L | undefined
  try {
    for await (const each of looks) {
      last = each
      await printer.look(each)
      const { verdict } = each
      inARow = verdict.converged ? inARow + 1 : 0
      if (!verdict.converged) progress?.update(verdict.detail)
      const hopeless = patient && !verdict.converged && verdict.final
      const over = isQuiet(run) && clock.monotonicMs() - start >= timeoutMs
      if (hopeless || over || (patient && inARow >= polls) || (!patient && !watch && enough(each, polls))) break
    }
  } finally {
    progress?.end()
  }
  if (!last || (signal.aborted && !watch)) throw new Problem('interrupted', 'Stopped asking.')
  await printer.end(last)
  // A user who watches until Ctrl-C has seen what there was to see.
  return signal.aborted ? undefined : last
}

/** Without a wish a bad round is an answer, and no further one changes it. */
const enough = ({ verdict, round }: Judged, polls: number): boolean => !verdict.converged || round.number >= polls
