/** The engine's process: `node dist/engine.js '<EngineOptions as JSON>'`. Tells a parent with an IPC channel how it went. */
import type { EngineInfo, EngineOptions, Recovery } from '../api/local-engine.ts'
import { errorCode, errorMessage, errorStack } from '../api/thrown.ts'
import { DirectoryUnusable } from '../holder/directory.ts'
import { callFacts } from './audit/call-facts.ts'
import { logOf } from './audit/log-lines.ts'
import { type Engine, startEngine } from './engine.ts'
import { CannotListen } from './network/reach.ts'
import { NotInstalled } from './nodes/installed.ts'
import { isFull } from './store/disk-full.ts'
import { StateDirectoryHeld } from './store/holder.ts'
import { StateUnusable } from './store/unusable.ts'

declare const CACHECTL_VERSION: string

type Outcome = { ready: EngineInfo; recovery?: Recovery } | { failed: { message: string; hint?: string } }

const options: EngineOptions = JSON.parse(process.argv[2] ?? '{}')
// Read on terminals, with what callers and nodes have said in it.
const { write } = logOf(options.logFormat ?? 'text', (text) => process.stdout.write(text))
const log = (line: string) => write({ message: line })
const tell = (outcome: Outcome) => process.send?.(outcome)

let engine: Engine | undefined
let isStopAsked = false
let isStopping = false
async function stop(exitCode = 0): Promise<void> {
  // Asked for while it starts, it is stopped when it has.
  isStopAsked = true
  if (isStopping || !engine) return
  isStopping = true
  log('stopping')
  await engine.close()
  process.exit(exitCode)
}

// Files of the engine are for its user alone, whatever the umask of the shell that started it.
process.umask(0o077)
try {
  engine = await startEngine({
    ...options,
    version: CACHECTL_VERSION,
    workerFile: new URL('./node-worker.js', import.meta.url),
    log,
    ...(options.foreground && { onCall: (call) => write(callFacts(call)) }),
    onStop: () => void stop(),
    onGone() {
      log(`the state in ${options.stateDir} is gone, or another is in its place: no change can be kept`)
      // After the answer to the request whose change it was.
      setImmediate(() => void stop(1))
    },
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop())
  tell({ ready: engine.info, ...(engine.recovery && { recovery: engine.recovery }) })
  if (isStopAsked) void stop()
} catch (error) {
  const failure = explain(error)
  log(failure.message)
  if (!process.send) process.stderr.write(`${failure.message}\n`)
  tell({ failed: failure })
  process.exitCode = 1
}

function explain(error: unknown): { message: string; hint?: string } {
  if (error instanceof StateDirectoryHeld) {
    return { message: error.message, hint: 'Use that engine, stop it, or choose another --state-dir.' }
  }
  if (error instanceof StateUnusable || error instanceof DirectoryUnusable)
    return { message: error.message, hint: error.hint }
  if (isFull(error)) {
    return {
      message: `The disk of ${options.stateDir} is full: ${errorMessage(error)}.`,
      hint: 'Make room, or choose another --state-dir.',
    }
  }
  if (error instanceof CannotListen) return { message: error.message, hint: error.hint }
  if (errorCode(error) === 'EADDRINUSE') {
    return {
      message: `Port ${options.port} is in use by another program.`,
      hint: 'Choose another with --port; --port 0 takes a free one.',
    }
  }
  if (error instanceof NotInstalled) {
    return {
      message: error.message,
      hint: `${error.hint} Or let the engine run nodes itself: --node-runtime embedded.`,
    }
  }
  return { message: errorStack(error) }
}
