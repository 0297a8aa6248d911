import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, untilListening } from '../listening.ts'
import { quietEnvironment } from './measure.ts'

/** A node or a server under load, in a process of its own. */
export interface RedisServer {
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

const cachectl = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

const PROGRAMS = {
  ours: [process.execPath, cachectl, 'node', 'run', '--engine', 'redis'],
  theirs: ['redis-server'],
} as const

export type RedisProgram = keyof typeof PROGRAMS

/** Starts `cachectl node run --engine redis` or redis-server on a free port, and waits until it answers. */
export async function launchRedis(program: RedisProgram): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-bench-'))
  const port = await freePort()
  const [file, ...first] = PROGRAMS[program]
  const child = spawn(
    file,
    [...first, '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--loglevel', 'warning'],
    {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: quietEnvironment(),
    },
  )
  await untilListening(port, child)
  return {
    port,
    pid: child.pid as number, // it answers
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** What a server answers, as redis-cli shows it. */
export const ask = ({ port }: Pick<RedisServer, 'port'>, ...command: readonly string[]): string =>
  spawnSync('redis-cli', ['-p', String(port), ...command], { encoding: 'utf8' }).stdout

/** Memory in use, as a server says it. */
export const usedMemory = (server: RedisServer): number =>
  Number(/used_memory:(\d+)/.exec(ask(server, 'INFO', 'memory'))?.[1])
