/** What the command line asks of the local engine itself: its control routes, over plain HTTP, and that it end. */
import { request } from 'node:http'
import { CONTROL, type EngineStatus, HEALTH_PATH, type Health, type Holder } from '../../api/local-engine.ts'
import type { RefusalAnswer } from '../../api/refusals.ts'
import { neighboursIn, type Peer, PeerUnreachable } from '../../holder/peers.ts'
import { elsewhereInWords, holderInWords } from '../../holder/words.ts'
import { type Clock, sleep, systemClock } from '../../net/clock.ts'
import { MisplacedProblem, Problem } from '../problem.ts'
import { isSeen, type LocalEngine, recordedEngine, runningEngine } from './state-dir.ts'

const ANSWER_TIMEOUT_MS = 10_000
/** The last two: in a network namespace whose loopback is not up. */
const NOBODY_THERE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENETUNREACH', 'EADDRNOTAVAIL'])
const OVER_MS = 1_000
const LOOK_MS = 5
const STOP_TIMEOUT_MS = 30_000

/** The engine's own report; undefined when nothing answers under the recorded name. */
export async function engineStatus(stateDir: string): Promise<EngineStatus | undefined> {
  const engine = runningEngine(stateDir)
  if (!engine) return undefined
  const answer = await ask(engine, 'GET', CONTROL.status)
  return answer === undefined ? undefined : (JSON.parse(answer) as EngineStatus) // as its route answers
}

/** What an engine on this port says of itself without being asked by its user; undefined: none answers there. */
export async function healthAt(port: number): Promise<Health | undefined> {
  try {
    const url = `http://127.0.0.1:${port}${HEALTH_PATH}`
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })
    return (await answer.json()) as Health // as its route answers
  } catch {
    return undefined
  }
}

/** Deletes all that the engine holds, in every region. */
export async function resetEngine(engine: LocalEngine): Promise<void> {
  await ask(engine, 'POST', CONTROL.reset)
}

/**
 * One call of a control route: JSON out, JSON back. What the engine refuses is a Problem in its own words, of the kind it says.
 * Rejects with Problem, too, when it does not answer.
 */
export async function control<T>(
  engine: LocalEngine,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
  timeoutMs?: number,
): Promise<T> {
  const answer = await ask(engine, method, path, body, timeoutMs)
  if (answer !== undefined) return JSON.parse(answer) as T // as the caller's route answers
  throw new Problem('general', `The engine at ${engine.info.url} does not answer.`, 'Start it: cachectl engine start')
}

/**
 * Asks the engine that holds the state directory to end, in whatever namespace it runs; returns what it said of itself when its
 * process is gone, undefined when there is none.
 */
export async function stopEngine(stateDir: string, clock: Clock = systemClock): Promise<Holder | undefined> {
  const peers = await peersOf(stateDir)
  const abort = new AbortController()
  try {
    for (const peer of peers) {
      const word = await peer.word(ANSWER_TIMEOUT_MS)
      if (word === 'gone') continue
      if (word === 'silent') {
        throw new Problem('general', `${recordedHolder(stateDir)} holds ${stateDir}, and does not answer.`)
      }
      peer.askToStop()
      const late = sleep(clock, STOP_TIMEOUT_MS, abort.signal).then(() => 'late')
      if ((await Promise.race([peer.gone, late])) === 'late') {
        const why = `is still there after ${STOP_TIMEOUT_MS / 1000} s.`
        throw new Problem('general', `${capitalised(holderInWords(word))} ${why}`)
      }
      await untilOver(word, clock)
      return word
    }
    return undefined
  } finally {
    abort.abort()
    for (const peer of peers) peer.close()
  }
}

/** Its files are closed, and that is all but the last of it. */
async function untilOver(holder: Holder, clock: Clock): Promise<void> {
  const deadline = clock.monotonicMs() + OVER_MS
  while (isSeen(holder) && clock.monotonicMs() < deadline) await sleep(clock, LOOK_MS)
}

/** The engine that holds the state directory, wherever it runs; undefined when none does. */
export async function holderOf(stateDir: string): Promise<Holder | undefined> {
  const peers = await peersOf(stateDir)
  try {
    for (const peer of peers) {
      const word = await peer.word(ANSWER_TIMEOUT_MS)
      if (typeof word === 'object') return word
    }
    return undefined
  } finally {
    for (const peer of peers) peer.close()
  }
}

/** A holder whose API is not to be reached under its address from here. */
export function outOfReach(stateDir: string, holder: Holder): Problem {
  const holds = `${capitalised(holderInWords(holder))} holds ${stateDir}`
  if (holder.url === '') {
    return new Problem('general', `${holds}, and is starting.`, 'To wait for it: cachectl engine start --wait')
  }
  return new Problem(
    'general',
    `${holds}, and its API cannot be reached from here.`,
    'It may be in another network namespace. `cachectl engine stop` reaches it.',
  )
}

async function peersOf(stateDir: string): Promise<readonly Peer[]> {
  try {
    const { peers, elsewhere } = await neighboursIn(stateDir)
    if (elsewhere.length === 0 || peers.length > 0) return peers
    throw new Problem('general', elsewhereInWords(stateDir), `${recordedHolder(stateDir)} was the last.`)
  } catch (error) {
    if (!(error instanceof PeerUnreachable)) throw error
    throw new Problem(
      'general',
      `${recordedHolder(stateDir)} holds ${stateDir}, and cannot be reached: ${error.message}.`,
      'Stop it where it was started.',
    )
  }
}

const recordedHolder = (stateDir: string): string => {
  const engine = recordedEngine(stateDir)
  return engine ? capitalised(holderInWords(engine.info)) : 'An engine'
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** The body of the answer; undefined when the engine does not answer under its address. */
function ask(
  { info, credentials }: LocalEngine,
  method: string,
  path: string,
  body?: object,
  timeout = ANSWER_TIMEOUT_MS,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, info.url), {
      method,
      headers: { authorization: `Bearer ${credentials.controlToken}` },
      timeout,
      agent: false,
    })
    sent.on('timeout', () => sent.destroy(new Problem('general', `The engine at ${info.url} does not answer.`)))
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (NOBODY_THERE.has(error.code ?? '')) resolve(undefined)
      else reject(error)
    })
    sent.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('error', reject)
      response.on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text)
        // It knows nothing of our token: another engine, where this one is gone or in another network namespace.
        else if (response.statusCode === 401) resolve(undefined)
        else reject(refusal(text, `The engine answered ${response.statusCode} to ${method} ${path}: ${text}`))
      })
    })
    sent.end(body && JSON.stringify(body))
  })
}

/** The engine's own words where it has some. */
function refusal(text: string, otherwise: string): Problem {
  try {
    const { kind, message, at }: Partial<RefusalAnswer> = JSON.parse(text)
    if (message && at) return new MisplacedProblem(message, at)
    if (kind && message) return new Problem(kind === 'invalid' ? 'usage' : kind, message)
  } catch {
    // Not JSON: shown as it is.
  }
  return new Problem('general', otherwise)
}
