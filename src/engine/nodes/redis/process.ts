/** A server as a process: started, found again, ended. */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { CannotRun } from '../failure.ts'
import { lastWords } from '../server-log.ts'
import { configFile } from './config-file.ts'
import {
  appendedBy,
  CONFIG_FILE,
  forget,
  hasRun,
  IDENTITY_FILE,
  isConfigured,
  LOG_FILE,
  prepare,
  textIn,
} from './directory.ts'
import { Operator } from './operator.ts'
import { endProcess, hasEndedWithin, isRunning, type ProcessIdentity, processCalled } from './process-identity.ts'
import { type Reach, reachOf } from './reach.ts'
import { keysOf } from './restricted.ts'
import { endedUnnoticed, HAS_SOURCE_ADDRESS, ownPortTaken, type Server } from './server.ts'
import type { RedisSpec } from './spec.ts'

const START_MS = 15_000
const LOAD_MS = 600_000
const POLL_MS = 5
const SHUTDOWN_MS = 2_000
const LOOK_AGAIN_MS = 200
/** Each time it has {@link SHUTDOWN_MS} to answer. */
const ASKED_AT_MOST = 4

/** A server that runs, and goes on running when the engine is killed. */
export class RedisProcess implements Server {
  readonly socket: string
  readonly operator: Operator
  readonly #identity: ProcessIdentity
  readonly #directory: string
  readonly #shutdown: string
  readonly #reach: Reach
  readonly #ended: Promise<string>
  #stopping = false
  #isTakenOver = false

  private constructor(spec: RedisSpec, identity: ProcessIdentity, ended: Promise<string>, reach: Reach) {
    const keys = keysOf(spec.secret)
    this.#shutdown = keys.nameOf('shutdown')
    this.#identity = identity
    this.#directory = spec.directory
    this.#ended = ended
    this.#reach = reach
    this.socket = reach.socket
    this.operator = new Operator({ path: this.socket }, keys.password)
  }

  /**
   * Takes over the server that an engine before this one had started with just this, or starts one. Resolves when it answers
   * and has loaded its data.
   * @throws CannotRun in the server's own words; EADDRINUSE; SERVER_ENDED.
   */
  static async start(spec: RedisSpec): Promise<RedisProcess> {
    const config = configFile(spec, HAS_SOURCE_ADDRESS)
    const adopted = await RedisProcess.#adopt(spec, config)
    if (adopted) return adopted
    if (hasRun(spec.directory, config)) {
      await endServerIn(spec.directory, spec.secret)
      throw endedUnnoticed()
    }
    return RedisProcess.#spawn(spec, config)
  }

  static async #adopt(spec: RedisSpec, config: string): Promise<RedisProcess | undefined> {
    if (!isConfigured(spec.directory, config)) return undefined
    const found = await answeringIn(spec.directory, keysOf(spec.secret).password)
    if (found?.answers !== true) return undefined
    const { identity } = found
    const reach = reachOf(spec.directory)
    const adopted = new RedisProcess(spec, identity, endOf(identity, reach.socket), reach)
    adopted.#isTakenOver = true
    await adopted.#loaded()
    return adopted
  }

  static async #spawn(spec: RedisSpec, config: string): Promise<RedisProcess> {
    const { directory, program } = spec
    await endServerIn(directory, spec.secret)
    const from = prepare(spec, config)
    const log = openSync(join(directory, LOG_FILE), 'a', 0o600)
    // Detached, so that what ends the engine (Control-C, a session's end) does not end it too.
    const child = spawn(program.path ?? program.name, [join(directory, CONFIG_FILE), ...durableArguments(spec)], {
      cwd: directory,
      detached: true,
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    const identity = processCalled(child.pid ?? 0) ?? { pid: child.pid ?? 0, started: '' }
    writeFileSync(join(directory, IDENTITY_FILE), JSON.stringify(identity), { mode: 0o600 })
    const ended = new Promise<string>((resolve) => {
      child.on('error', (error) => resolve(error.message))
      child.on('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
    })
    child.unref()
    const started = new RedisProcess(spec, identity, ended, reachOf(directory))
    const failure = await Promise.race([ended, started.#answers()])
    if (failure === undefined) return started
    await started.stop()
    const words = lastWords(join(directory, LOG_FILE), from) || failure
    if (/Address already in use/.test(words)) throw ownPortTaken(words)
    throw new CannotRun(words)
  }

  get pid(): number {
    return this.#identity.pid
  }

  /** After a start that came to nothing: what was just started ends, what an engine before had started stays for the next try. */
  async giveUp(): Promise<void> {
    if (this.#isTakenOver) this.leave()
    else await this.stop()
  }

  /** Calls with how it ended, unless it was stopped. */
  onEnd(listener: (how: string) => void): void {
    void this.#ended.then((how) => {
      if (!this.#stopping) listener(how)
    })
  }

  /** Nothing is kept; it is asked first, so that its log tells why it ends. */
  async stop(): Promise<void> {
    this.#stopping = true
    // It hangs up in the place of an answer.
    void this.operator.send([[this.#shutdown, 'NOSAVE', 'NOW', 'FORCE']]).catch(() => undefined)
    if (!(await hasEndedWithin(this.#identity, SHUTDOWN_MS))) await endProcess(this.#identity)
    forget(this.#directory)
    this.operator.close()
    this.#reach.close()
  }

  /** Lets go of it without ending it. */
  leave(): void {
    this.#stopping = true
    this.operator.close()
    this.#reach.close()
  }

  async #answers(): Promise<string | undefined> {
    const deadline = performance.now() + START_MS
    while (performance.now() < deadline && !this.#stopping) {
      try {
        await this.operator.ask('INFO', 'server')
        await this.#loaded()
        return undefined
      } catch {
        await pause(POLL_MS)
      }
    }
    return `no answer in ${START_MS / 1000} s`
  }

  async #loaded(): Promise<void> {
    const deadline = performance.now() + LOAD_MS
    while (performance.now() < deadline) {
      if ((await this.operator.info('persistence')).get('loading') === '0') return
      await pause(POLL_MS)
    }
  }
}

/** Ends the server that runs in a directory, if one does: it is known by its process, or by its answering to the engine's password. */
export async function endServerIn(directory: string, secret: string): Promise<void> {
  const found = await runningIn(directory, keysOf(secret).password)
  if (found) await endProcess(found.identity)
}

/** Whether a server of an engine before runs in a directory. */
export function runsIn(directory: string): boolean {
  const noted = noteIn(directory)
  return noted !== undefined && isRunning(noted)
}

interface Found {
  readonly identity: ProcessIdentity
  readonly answers: boolean
}

/** A machine that is busy is no reason to end a server with all it holds: it is asked more than once. */
async function answeringIn(directory: string, password: string): Promise<Found | undefined> {
  for (let asked = 1; ; asked++) {
    const found = await runningIn(directory, password)
    if (found?.answers !== false || asked === ASKED_AT_MOST) return found
  }
}

async function runningIn(directory: string, password: string): Promise<Found | undefined> {
  const reach = reachOf(directory)
  const operator = new Operator({ path: reach.socket }, password, SHUTDOWN_MS)
  try {
    const pid = Number((await operator.info('server')).get('process_id'))
    // A part of this engine is no process of its own.
    const identity = pid === process.pid ? undefined : processCalled(pid)
    return identity && { identity, answers: true }
  } catch {
    // It was stopped, or has not come so far yet when its engine was killed; or there is none.
    const noted = noteIn(directory)
    return noted && isRunning(noted) ? { identity: noted, answers: false } : undefined
  } finally {
    operator.close()
    reach.close()
  }
}

function noteIn(directory: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(textIn(join(directory, IDENTITY_FILE)) ?? '') as ProcessIdentity // the engine wrote it
  } catch {
    return undefined // none, or half of one
  }
}

/**
 * What it has written down it reads at its start. With a file to begin with it would not read that: it begins to write when it is
 * told to, once it has.
 */
function durableArguments(spec: RedisSpec): string[] {
  const appended = appendedBy(spec)
  if (appended === undefined) return []
  return ['--appenddirname', appended, ...(existsSync(join(spec.directory, appended)) ? ['--appendonly', 'yes'] : [])]
}

/**
 * Resolves when a process that is no child of this one has ended: its socket is closed then. A connection that a client or the
 * server itself has closed is made anew.
 */
function endOf(identity: ProcessIdentity, socket: string): Promise<string> {
  return new Promise((resolve) => {
    const watch = () => {
      if (!isRunning(identity)) return resolve('it has ended')
      const line = net.connect({ path: socket }).unref()
      line.on('error', () => undefined)
      line.on('close', () => setTimeout(watch, isRunning(identity) ? LOOK_AGAIN_MS : 0).unref())
    }
    watch()
  })
}
