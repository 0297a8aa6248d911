import { type Clock, sleep, systemClock } from '../../net/clock.ts'
import type { Item } from '../output/human-value.ts'
import { CallFailed, Problem } from '../problem.ts'
import type { ApiClient } from '../target/client.ts'
import { stderrIsTerminal } from '../terminal.ts'
import type { OutcomeWatch } from './outcomes.ts'
import { judge, statusesOf, type Waiter } from './waiters.ts'

export interface Patience {
  readonly intervalMs: number
  readonly timeoutMs: number
}

/** botocore waits 40 times 15 s; a call to the local engine costs a millisecond, so there we look often. */
const AWS_INTERVAL_MS = 15_000
const LOCAL_INTERVAL_MS = 200
const TIMEOUT_MS = 600_000

/** What --timeout and --interval say. */
export interface PatienceOptions {
  readonly timeout?: number | undefined
  readonly interval?: number | undefined
}

/** How often to look and for how long, by option or by what suits the target. */
export const patienceOf = ({ timeout, interval }: PatienceOptions, local: boolean): Patience => ({
  intervalMs: interval ?? (local ? LOCAL_INTERVAL_MS : AWS_INTERVAL_MS),
  timeoutMs: timeout ?? TIMEOUT_MS,
})

export interface Waiting extends Patience {
  readonly signal: AbortSignal
  readonly clock?: Clock
  /** Absent: the state of the resource tells when it is done. */
  readonly outcome?: OutcomeWatch | undefined
  /** Called with the statuses of each look that has not decided anything yet, and with what it saw. */
  readonly onLook?: (statuses: readonly string[], answer: Item) => void
}

/**
 * Looks until the waiter is satisfied and returns the last answer (undefined: the resource is gone, as wanted).
 * Rejects with aws-cli's messages, all of them exit code 255, and with `interrupted` when the signal aborts.
 */
export async function waitUntil(
  client: ApiClient,
  waiter: Waiter,
  input: object,
  { signal, clock = systemClock, outcome, onLook, intervalMs, timeoutMs }: Waiting,
): Promise<Item | undefined> {
  const start = clock.monotonicMs()
  for (;;) {
    const answer = await look(client, waiter, input, signal)
    if (!answer) return undefined
    const verdict = judge(waiter, answer)
    const told = await outcome?.look()
    if (told && 'failure' in told) throw failed(waiter, told.failure)
    if (verdict.done && (told || !outcome?.decides)) return answer
    if (!verdict.done && verdict.failure) throw failed(waiter, verdict.failure)
    onLook?.(statusesOf(waiter, answer), answer)
    const left = timeoutMs - (clock.monotonicMs() - start)
    if (left <= 0) {
      throw failed(waiter, 'Max attempts exceeded', `Last seen: ${statusesOf(waiter, answer).join(', ') || 'nothing'}.`)
    }
    await sleep(clock, Math.min(intervalMs, left), signal)
    if (signal.aborted) throw interrupted()
  }
}

async function look(client: ApiClient, waiter: Waiter, input: object, signal: AbortSignal): Promise<Item | undefined> {
  try {
    return { ...(await client.call(waiter.operation, input, signal)) }
  } catch (error) {
    if (signal.aborted) throw interrupted()
    if (!(error instanceof CallFailed) || !error.serviceCode) throw error
    if (error.serviceCode === waiter.goneCode) return undefined
    const told = stderrIsTerminal() ? await (await import('../caches/hints.ts')).withHint(client, input, error) : error
    const hint = told instanceof CallFailed ? told.hint : undefined
    throw failed(waiter, `An error occurred (${error.serviceCode}): ${error.message}`, hint)
  }
}

const failed = (waiter: Waiter, reason: string, hint?: string): Problem =>
  new Problem('general', `Waiter ${waiter.name} failed: ${reason}`, hint)

const interrupted = (): Problem => new Problem('interrupted', 'Stopped waiting; the change itself goes on.')
