/** Targets with names of their own, and the one that is used where nothing else is said: a file of the state directory. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { meantAmong } from '../../api/nearest.ts'
import { errorCode, errorMessage } from '../../api/thrown.ts'
import { Problem } from '../problem.ts'
import { keepIn } from './state-dir.ts'

/** What a name stands for: options that go without saying when it is used. Never credentials. */
export interface NamedTarget {
  readonly kind: 'local' | 'aws' | 'endpoint'
  readonly url?: string
  readonly region?: string
  readonly profile?: string
  /** Of the engine, where it is not the usual one. */
  readonly stateDir?: string
}

export interface TargetList {
  readonly current: string
  readonly targets: Readonly<Record<string, NamedTarget>>
}

/** They are always there. */
export const BUILT_IN: TargetList['targets'] = { local: { kind: 'local' }, aws: { kind: 'aws' } }

const fileIn = (stateDir: string): string => join(stateDir, 'targets.json')

/** No file is as good as an empty one. */
export function readTargets(stateDir: string): TargetList {
  let text: string
  try {
    text = readFileSync(fileIn(stateDir), 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { current: 'local', targets: BUILT_IN }
    throw unreadable(stateDir, error)
  }
  try {
    const { current = 'local', targets = {} }: Partial<TargetList> = JSON.parse(text)
    return { current, targets: { ...targets, ...BUILT_IN } }
  } catch (error) {
    throw unreadable(stateDir, error)
  }
}

const unreadable = (stateDir: string, error: unknown): Problem =>
  new Problem('configuration', `Cannot read ${fileIn(stateDir)}: ${errorMessage(error)}`)

/** In one step: a reader sees the old list or the new one. */
export function writeTargets(stateDir: string, { current, targets }: TargetList): void {
  const own = Object.fromEntries(Object.entries(targets).filter(([name]) => !Object.hasOwn(BUILT_IN, name)))
  const file = fileIn(stateDir)
  keepIn(stateDir, () => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(`${file}.new`, `${JSON.stringify({ current, targets: own }, null, 4)}\n`, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  })
}

/**
 * Throws the {@link Problem} that there is none of that name, and what was meant.
 * @param otherwise What it is that there is none: a wrong option, or the absence of what the line is about.
 */
export function targetCalled(
  { targets }: TargetList,
  name: string,
  otherwise: 'usage' | 'absent' = 'usage',
): NamedTarget {
  const found = Object.hasOwn(targets, name) ? targets[name] : undefined
  if (found) return found
  throw new Problem(otherwise, `Unknown target "${name}".`, meantAmong(name, Object.keys(targets)))
}
