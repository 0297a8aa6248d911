import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { CannotRun } from '../failure.ts'
import type { NodeSpec } from '../runtime.ts'
import { isFull, lastWords, sizeOf } from '../server-log.ts'
import { connectionLimit, memcachedArguments, type Surroundings } from './arguments.ts'
import { PROGRAM } from './installed.ts'
import { Operator } from './operator.ts'

const START_MS = 5_000
const POLL_MS = 5

/**
 * memcached in the place of a shell, and a small process beside it that reads the pipe the engine holds: the pipe's end, and
 * nothing else tells of an engine that was killed, makes it end memcached. A line tells it that memcached has ended by itself,
 * and that its number may be another's by now.
 */
const WATCHED = 'exec 3<&0; (read -r word <&3 || kill -9 $$) >/dev/null 2>&1 & exec "$@" </dev/null 3<&-'

/** A running memcached that listens on a socket file; ends with the engine, however that ends. */
export class MemcachedProcess {
  readonly socketFile: string
  readonly operator: Operator
  readonly #child: ChildProcess
  readonly #ended: Promise<string>
  #stopping = false

  private constructor(child: ChildProcess, socketFile: string) {
    this.socketFile = socketFile
    this.operator = new Operator({ path: socketFile })
    this.#child = child
    this.#ended = new Promise((resolve) => {
      child.on('error', (error) => resolve(error.message))
      child.on('exit', (code, signal) => {
        child.stdin?.on('error', () => undefined).end('ended\n')
        resolve(signal ?? `exit code ${code}`)
      })
    })
  }

  /** Resolves when it answers; rejects with CannotRun and its own words when it ends before. */
  static async start(spec: NodeSpec<'memcached-process'>): Promise<MemcachedProcess> {
    const { files } = spec
    mkdirSync(dirname(files.log), { recursive: true, mode: 0o700 })
    const args = memcachedArguments(spec, ['-s', files.socket], surroundings())
    const log = openSync(files.log, isFull(files.log) ? 'w' : 'a', 0o600)
    writeSync(log, `cachectl: ${[PROGRAM, ...args].join(' ')}\n${tellOfLimit(spec)}`)
    const before = sizeOf(files.log)
    const child = spawn('/bin/sh', ['-c', WATCHED, PROGRAM, PROGRAM, ...args], { stdio: ['pipe', log, log] })
    closeSync(log)
    const started = new MemcachedProcess(child, files.socket)
    const failure = await Promise.race([started.#ended, started.#answers()])
    if (failure === undefined) return started
    await started.stop()
    throw new CannotRun(`${lastWords(files.log, before) || failure}`)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Calls with how it ended, unless it was stopped. */
  onEnd(listener: (how: string) => void): void {
    void this.#ended.then((how) => {
      if (!this.#stopping) listener(how)
    })
  }

  /** Nothing is kept, so nothing is waited for: it is killed. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.operator.close()
    this.#child.kill('SIGKILL')
    await this.#ended
    rmSync(this.socketFile, { force: true })
  }

  async #answers(): Promise<string | undefined> {
    const deadline = performance.now() + START_MS
    while (performance.now() < deadline) {
      try {
        await this.operator.connect()
        return undefined
      } catch {
        await pause(POLL_MS)
      }
    }
    return `no answer in ${START_MS / 1000} s`
  }
}

let known: Surroundings | undefined

/** Asked of a shell, because Node has no word for it. */
function surroundings(): Surroundings {
  if (known) return known
  const hard = spawnSync('/bin/sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout.trim()
  const fileLimit = /^\d+$/.test(hard) ? Number(hard) : Number.MAX_SAFE_INTEGER
  known = { fileLimit, rootName: process.getuid?.() === 0 ? userInfo().username : undefined }
  return known
}

function tellOfLimit(spec: NodeSpec<'memcached-process'>): string {
  const limit = connectionLimit(spec, surroundings())
  if (limit >= (spec.options.maxConnections ?? limit)) return ''
  const { fileLimit } = surroundings()
  return `cachectl: ${limit} connections at most, for a process may have ${fileLimit} open files here (ulimit -n)\n`
}
