/** Starts the engine's process and waits for its word. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type EngineInfo, type EngineOptions, engineFiles, type Recovery } from '../../api/local-engine.ts'
import { DirectoryUnusable, openDirectory } from '../../holder/directory.ts'
import { sleep, systemClock } from '../../net/clock.ts'
import { environmentWith } from '../environment.ts'
import { Problem } from '../problem.ts'
import { keepIn } from './state-dir.ts'

/** An engine that has started, and what became of its state if that was damaged. */
export interface Started {
  readonly info: EngineInfo
  readonly recovery?: Recovery
}

type Word =
  | { readonly ready: EngineInfo; readonly recovery?: Recovery }
  | { readonly failed: { readonly message: string; readonly hint?: string } }

// This file is part of a bundle in dist/, beside the engine's; run from source it stands in src/cli/.
const enginePath = (): string =>
  fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../dist/engine.js' : './engine.js', import.meta.url))

const engineArguments = (options: EngineOptions): string[] => [enginePath(), JSON.stringify(options)]

// The engine signs nothing and calls no service: it does not get what the user's shell knows of AWS.
const engineEnvironment = () =>
  environmentWith({ AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_SESSION_TOKEN: undefined })

/** Until when to wait, and what is said when it was too long. */
export interface Patience {
  /** Of the monotonic clock. */
  readonly until: number
  readonly late: () => Promise<Problem>
}

/**
 * Leaves an engine behind that outlives this process; its output goes to the log. Returns once the API answers, or fails when that
 * takes too long, and the engine goes on starting.
 */
export async function startDetached(options: EngineOptions, patience?: Patience): Promise<Started> {
  const files = engineFiles(options.stateDir)
  const log = openLog(options.stateDir, files.log)
  try {
    const child = spawn(process.execPath, engineArguments(options), {
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
      env: engineEnvironment(),
      windowsHide: true,
    })
    try {
      return await inTime(
        wordOf(child, () => lastLines(files.log)),
        patience,
      )
    } finally {
      if (child.connected) child.disconnect()
      child.unref()
    }
  } finally {
    closeSync(log)
  }
}

async function inTime<T>(work: Promise<T>, patience: Patience | undefined): Promise<T> {
  if (!patience) return work
  const over = new AbortController()
  const late = sleep(systemClock, Math.max(0, patience.until - systemClock.monotonicMs()), over.signal).then(
    () => undefined,
  )
  try {
    const first = await Promise.race([work.then((value) => ({ value })), late])
    if (first) return first.value
    throw await patience.late()
  } finally {
    over.abort()
  }
}

/** The engine's own checks would come too late for its log: a directory that it would refuse is left alone. */
function openLog(stateDir: string, log: string): number {
  try {
    return keepIn(stateDir, () => {
      openDirectory(stateDir)
      return openSync(log, 'a', 0o600)
    })
  } catch (error) {
    if (error instanceof DirectoryUnusable) throw new Problem('general', error.message, error.hint)
    throw error
  }
}

/** An engine as a child on this terminal. `ended` resolves with its exit code. */
export async function startAttached(options: EngineOptions): Promise<Started & { ended: Promise<number> }> {
  const child = spawn(process.execPath, engineArguments(options), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: engineEnvironment(),
  })
  // We stay until the engine has put its things away. Ctrl-C reaches it as well, a signal to this process alone does not.
  const passOn = () => child.kill('SIGTERM')
  const passedOn = ['SIGTERM', 'SIGINT'] as const
  for (const signal of passedOn) process.on(signal, passOn)
  const ended = new Promise<number>((resolve) => {
    child.on('exit', (code) => {
      for (const signal of passedOn) process.off(signal, passOn)
      resolve(code ?? 1)
    })
  })
  const started = await wordOf(child, () => '')
  child.disconnect()
  return { ...started, ended }
}

function wordOf(child: ChildProcess, lastWords: () => string): Promise<Started> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Problem('general', `The engine could not be started: ${error.message}`)))
    child.on('exit', (code, signal) => {
      if (signal === 'SIGBUS' || signal === 'SIGSEGV' || signal === 'SIGABRT') return reject(crashed(signal))
      reject(new Problem('general', `The engine ended before it was ready (${signal ?? `code ${code}`}).`, lastWords()))
    })
    child.on('message', (word: Word) => {
      if ('ready' in word) return resolve({ info: word.ready, ...(word.recovery && { recovery: word.recovery }) })
      child.removeAllListeners('exit')
      reject(new Problem('general', word.failed.message, word.failed.hint))
    })
  })
}

/** What LMDB makes of damaged pages in a state of before there were checksums; the engine itself tells of any other. */
const crashed = (signal: string): Problem =>
  new Problem(
    'general',
    `The engine crashed while it read its state (${signal}), which may be damaged.`,
    'Put the state directory aside, or bring back a copy, and start again; or use another --state-dir.',
  )

const SHOWN_LINES = 10

function lastLines(path: string): string {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  return `The end of ${path}:\n${lines.slice(-SHOWN_LINES).join('\n')}`
}
