import { readFileSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { type EngineCredentials, type EngineInfo, engineFiles, type Holder } from '../../api/local-engine.ts'
import { errorCode, errorMessage } from '../../api/thrown.ts'
import { pidNamespace } from '../../holder/words.ts'
import { type Environment, environment } from '../environment.ts'
import type { GlobalOptions } from '../global-flags.ts'
import { Problem } from '../problem.ts'

/**
 * `--state-dir`, CACHECTL_HOME, then the platform's place for a program's data. Of these last a path that is relative counts for
 * none, as the XDG Base Directory Specification has it: the engine of one directory would be unknown in another.
 */
export function stateDirectory(flag: string | undefined, env: Environment, platform = process.platform): string {
  const chosen = flag ?? env.CACHECTL_HOME
  if (chosen) return resolve(chosen)
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'cachectl')
  const { XDG_DATA_HOME: place = '' } = env
  return join(isAbsolute(place) ? place : join(home(env), '.local', 'share'), 'cachectl')
}

function home({ HOME = '' }: Environment): string {
  if (isAbsolute(HOME)) return HOME
  try {
    return userInfo().homedir
  } catch {
    return resolve(homedir()) // a user whom the system does not know
  }
}

/** Writes what is kept in a state directory. @throws Problem where it cannot be. */
export function keepIn<T>(stateDir: string, write: () => T): T {
  try {
    return write()
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    throw new Problem(
      'general',
      `The state directory ${stateDir} cannot be used: ${errorMessage(error)}.`,
      'Use a --state-dir of your own.',
    )
  }
}

/** The state directory by option, environment or default; it need not exist. */
export const stateDirOf = (flags: Pick<GlobalOptions, 'state-dir'>): string =>
  stateDirectory(flags['state-dir'], environment)

/** The engine that runs there. @throws Problem where none does. */
export const engineOf = (flags: Pick<GlobalOptions, 'state-dir'>): LocalEngine => requireEngine(stateDirOf(flags))

export interface LocalEngine {
  readonly info: EngineInfo
  readonly credentials: EngineCredentials
}

/** What the files say; undefined when no engine has left its name here. It may be dead: see {@link runningEngine}. */
export function recordedEngine(stateDir: string): LocalEngine | undefined {
  const files = engineFiles(stateDir)
  const info = readJson<EngineInfo>(files.info)
  if (!info) return undefined
  const credentials = readJson<EngineCredentials>(files.credentials)
  if (!credentials) {
    throw new Problem('configuration', `${files.info} names an engine, but ${files.credentials} is missing.`)
  }
  return { info, credentials }
}

/** The engine of this state directory if its process lives, for all that can be seen from here. */
export function runningEngine(stateDir: string): LocalEngine | undefined {
  const engine = recordedEngine(stateDir)
  return engine && mayLive(engine.info) ? engine : undefined
}

/** Of another PID namespace the number says nothing here: whether it answers will tell. */
const mayLive = (engine: Holder): boolean => engine.pidNamespace !== pidNamespace() || isAlive(engine.pid)

/** Whether there is a process of its number, in our own namespace. */
export const isSeen = (engine: Holder): boolean => engine.pidNamespace === pidNamespace() && isAlive(engine.pid)

/** Throws the problem that every command of the local target has without an engine. */
export function requireEngine(stateDir: string): LocalEngine {
  const engine = runningEngine(stateDir)
  if (engine) return engine
  throw new Problem(
    'configuration',
    `No local engine is running (state directory ${stateDir}).`,
    'Start it with `cachectl engine start`, or add `--target aws` to talk to AWS.',
  )
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    if (errorCode(error) !== 'EPERM') return false
  }
  return !hasEnded(pid)
}

/** Whether it only waits for its parent to take note of its end: in a container that may be for ever. */
function hasEnded(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The state follows the command's name, which may itself hold spaces and parentheses.
    return stat.charAt(stat.lastIndexOf(')') + 2) === 'Z'
  } catch {
    // Without /proc there is no more to know than what the signal told.
    return false
  }
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T // the engine wrote it
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw new Problem('configuration', `Cannot read ${path}: ${errorMessage(error)}`)
  }
}
