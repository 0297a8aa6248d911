import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EngineCredentials, type EngineInfo, engineFiles } from '../../api/local-engine.ts'
import { quietEnvironment } from './measure.ts'

export interface EngineProcess {
  readonly info: EngineInfo
  readonly credentials: EngineCredentials
  readonly stateDir: string
  stop(): Promise<void>
}

/** The bundled engine on a free port with a state directory of its own. */
export async function launchEngine(): Promise<EngineProcess> {
  const stateDir = mkdtempSync(join(tmpdir(), 'cachectl-bench-'))
  const options = JSON.stringify({ stateDir, port: 0, region: 'us-west-2', pace: 'instant' })
  const child = fork(new URL('../../../dist/engine.js', import.meta.url), [options], {
    stdio: 'ignore',
    env: quietEnvironment(),
    execArgv: [], // not the loader this benchmark runs under
  })
  const info = await ready(child)
  const credentials: EngineCredentials = JSON.parse(readFileSync(engineFiles(stateDir).credentials, 'utf8'))
  return {
    info,
    credentials,
    stateDir,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      rmSync(stateDir, { recursive: true, force: true })
    },
  }
}

const ready = (child: ChildProcess): Promise<EngineInfo> =>
  new Promise((resolve, reject) => {
    child.once('message', (outcome: { ready?: EngineInfo; failed?: { message: string } }) =>
      outcome.ready ? resolve(outcome.ready) : reject(new Error(outcome.failed?.message)),
    )
    child.once('exit', (code) => reject(new Error(`the engine ended with ${code}`)))
  })

export const residentBytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
