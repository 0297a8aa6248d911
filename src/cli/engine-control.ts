/** The control routes of the local engine, spoken over plain HTTP. */
import { request } from 'node:http'
import { CONTROL, type EngineStatus } from '../api/local-engine.ts'
import { type Clock, sleep, systemClock } from '../diagnose/clock.ts'
import { Problem } from './problem.ts'
import { isAlive, type LocalEngine, runningEngine } from './state-dir.ts'

const ANSWER_TIMEOUT_MS = 10_000
const STOP_TIMEOUT_MS = 30_000
const LOOK_MS = 20

/** The engine's own report; undefined when nothing answers under the recorded name. */
export async function engineStatus(stateDir: string): Promise<EngineStatus | undefined> {
  const engine = runningEngine(stateDir)
  if (!engine) return undefined
  const answer = await ask(engine, 'GET', CONTROL.status)
  return answer === undefined ? undefined : (JSON.parse(answer) as EngineStatus)
}

export async function resetEngine(engine: LocalEngine): Promise<void> {
  await ask(engine, 'POST', CONTROL.reset)
}

/**
 * One call of a control route: JSON out, JSON back. What the engine refuses is a usage problem in its own words; so is
 * an engine that does not answer.
 */
export async function control<T>(
  engine: LocalEngine,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
  timeoutMs?: number,
): Promise<T> {
  const answer = await ask(engine, method, path, body, timeoutMs)
  if (answer !== undefined) return JSON.parse(answer) as T
  throw new Problem('general', `The engine at ${engine.info.url} does not answer.`, 'Start it: cachectl engine start')
}

/** Returns when the process is gone. */
export async function stopEngine(engine: LocalEngine, clock: Clock = systemClock): Promise<void> {
  const { pid } = engine.info
  // Nothing answers: the process died, and its number may belong to somebody else by now. Leave it alone.
  if ((await ask(engine, 'POST', CONTROL.stop)) === undefined) return
  const deadline = clock.monotonicMs() + STOP_TIMEOUT_MS
  while (isAlive(pid)) {
    if (clock.monotonicMs() > deadline) {
      throw new Problem('general', `The engine (pid ${pid}) is still there after ${STOP_TIMEOUT_MS / 1000} s.`)
    }
    await sleep(clock, LOOK_MS)
  }
}

/** The body of the answer; undefined when the connection is refused. */
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
      if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') resolve(undefined)
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
        else reject(refusal(text, `The engine answered ${response.statusCode} to ${method} ${path}: ${text}`))
      })
    })
    sent.end(body && JSON.stringify(body))
  })
}

/** The engine's own words where it has some. */
function refusal(text: string, otherwise: string): Problem {
  try {
    const { code, message } = JSON.parse(text) as { code?: string; message?: string }
    if (code && message) return new Problem('usage', message)
  } catch {
    // Not JSON: shown as it is.
  }
  return new Problem('general', otherwise)
}
