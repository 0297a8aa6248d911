import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
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
  const child = spawn(file, [...first, '--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: quietEnvironment(),
  })
  await untilAnswers(port, child)
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

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  await once(server.close(), 'close')
  return port
}

const STARTS_WITHIN_MS = 20_000

async function untilAnswers(port: number, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + STARTS_WITHIN_MS
  while (child.exitCode === null && performance.now() < deadline) {
    const socket = connect(port, '127.0.0.1')
    const answers = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (answers) return
    await sleep(50)
  }
  throw new Error(`no server on port ${port}`)
}

/** What a server answers, as redis-cli shows it. */
export const ask = ({ port }: Pick<RedisServer, 'port'>, ...command: readonly string[]): string =>
  spawnSync('redis-cli', ['-p', String(port), ...command], { encoding: 'utf8' }).stdout

/** Memory in use, as a server says it. */
export const usedMemory = (server: RedisServer): number =>
  Number(/used_memory:(\d+)/.exec(ask(server, 'INFO', 'memory'))?.[1])
