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
function ask({ info, credentials }: LocalEngine, method: string, path: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, info.url), {
      method,
      headers: { authorization: `Bearer ${credentials.controlToken}` },
      timeout: ANSWER_TIMEOUT_MS,
      agent: false,
    })
    sent.on('timeout', () => sent.destroy(new Problem('general', `The engine at ${info.url} does not answer.`)))
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') resolve(undefined)
      else reject(error)
    })
    sent.on('response', (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('error', reject)
      response.on('data', (piece: string) => {
        body += piece
      })
      response.on('end', () => {
        if (response.statusCode === 200) resolve(body)
        else reject(new Problem('general', `The engine answered ${response.statusCode} to ${method} ${path}: ${body}`))
      })
    })
    sent.end()
  })
}
