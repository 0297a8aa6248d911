/** Asks servers of Redis OSS and Valkey what they say of themselves, for the tools that write tables of it. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const TRIES = 200
const MOST_BYTES = 1 << 26

/** What a command replies, as text. */
export type Ask = (...command: string[]) => string

/** On loopback alone, for its bus; CLUSTER answers in cluster mode only. */
const CLUSTERED = ['--bind', '127.0.0.1', '--cluster-enabled', 'yes']

/** Asks a server that is started for it and ends with it. */
export async function askServer<T>(program: string, read: (ask: Ask) => T): Promise<{ version: string; answer: T }> {
  const directory = mkdtempSync(join(tmpdir(), 'ask-server-'))
  const socket = join(directory, 'socket')
  const options = ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', directory, ...CLUSTERED]
  const server = spawn(program, options, { stdio: 'ignore' })
  const ask: Ask = (...command) =>
    execFileSync('redis-cli', ['-s', socket, ...command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: MOST_BYTES,
    })
  try {
    await untilItAnswers(ask, socket)
    const [, version = '?'] = /v=(\S+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' })) ?? []
    return { version, answer: read(ask) }
  } finally {
    server.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
}

async function untilItAnswers(ask: Ask, socket: string): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      if (ask('PING').startsWith('PONG')) return
    } catch {
      await pause(20)
    }
  }
  throw new Error(`no server answers at ${socket}`)
}
