import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, onTestFinished } from 'vitest'
import { type EngineCredentials, type EngineInfo, type EngineOptions, engineFiles } from '../../src/api/local-engine.ts'
import { clientOf } from './engine.ts'

const engineFile = new URL('../../dist/engine.js', import.meta.url)

/** An engine that can be killed. */
export interface EngineProcess {
  readonly child: ChildProcess
  readonly info: EngineInfo
  readonly client: ReturnType<typeof clientOf>
  readonly credentials: EngineCredentials
  readonly stateDir: string
  /** Ends it as a power cut would, and waits until it is gone. */
  kill(): Promise<void>
}

type Outcome = { ready?: EngineInfo; failed?: { message: string } }

/** The engine as a process of its own, as `cachectl engine start` runs it. */
export function launch(
  stateDir: string,
  more: Partial<EngineOptions> = {},
): Promise<{ child: ChildProcess; outcome: Outcome }> {
  const options = JSON.stringify({ stateDir, port: 0, region: 'us-west-2', pace: 'quick', ...more })
  const child = fork(engineFile, [options], { stdio: 'ignore' })
  onTestFinished(() => end(child))
  return new Promise((resolve, reject) => {
    child.once('message', (outcome) => resolve({ child, outcome: outcome as Outcome }))
    child.once('exit', (code) => reject(new Error(`the engine ended with ${code} before it was ready`)))
  })
}

const ENDS_WITHIN_MS = 5_000

/** Lets it stop, so that servers it has started end with it; one that does not is killed. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const timer = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS)
  child.kill('SIGTERM')
  await once(child, 'exit')
  clearTimeout(timer)
}

/** Starts it and waits until it is ready; stopped at the end of the test. */
export async function start(stateDir: string, more: Partial<EngineOptions> = {}): Promise<EngineProcess> {
  const { child, outcome } = await launch(stateDir, more)
  const info = outcome.ready ?? expect.fail(outcome.failed?.message)
  const credentials = JSON.parse(readFileSync(engineFiles(stateDir).credentials, 'utf8')) as EngineCredentials
  const kill = () =>
    new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
      child.kill('SIGKILL')
    })
  return { child, info, credentials, stateDir, client: clientOf({ info, credentials }), kill }
}
