/** `engine start --recover`: goes on with what can be saved of files that are damaged, and keeps them under another name. */
import { existsSync, renameSync } from 'node:fs'
import { engineFiles, type Recovery } from '../../api/local-engine.ts'
import { readWhole } from './durable-file.ts'
import type { Entry } from './entry.ts'
import { keepAside, readState, type Salvage, salvage, writeState } from './state-file.ts'
import { StateUnusable } from './unusable.ts'

/** Undefined when nothing was damaged. `now` names the copies. */
export async function recover(stateDir: string, now: number): Promise<Recovery | undefined> {
  const files = engineFiles(stateDir)
  // No engine has run here yet.
  if (!existsSync(files.store) && !existsSync(files.credentials)) return undefined
  const suffix = `.damaged-${new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')}Z`
  const kept: string[] = []
  for (const path of [files.credentials, files.users]) {
    if (!isDamaged(() => readWhole(path))) continue
    renameSync(path, `${path}${suffix}`)
    kept.push(`${path}${suffix}`)
  }
  const saved = await recoverStore(files.store, `${files.store}${suffix}`)
  if (saved && existsSync(`${files.store}${suffix}`)) kept.push(`${files.store}${suffix}`)
  if (!saved && kept.length === 0) return undefined
  return {
    kept,
    saved: countsOf(saved?.entries ?? []),
    lost: saved ? (saved.lost ?? null) : 0,
    lostRecords: namesOf(saved),
    mayBeOld: saved?.mayBeOld ?? false,
  }
}

/** Undefined for a store that is whole. */
async function recoverStore(path: string, aside: string): Promise<Salvage | undefined> {
  try {
    if (await readState(path)) return undefined
  } catch (error) {
    if (!(error instanceof StateUnusable && error.canRecover)) throw error
  }
  const saved = salvage(path)
  if (existsSync(path)) keepAside(path, aside)
  await writeState(path, saved.entries)
  return saved
}

function isDamaged(read: () => unknown): boolean {
  try {
    read()
    return false
  } catch (error) {
    if (error instanceof StateUnusable) return true
    throw error
  }
}

function countsOf(entries: readonly Entry[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { key } of entries) counts[String(key[0])] = (counts[String(key[0])] ?? 0) + 1
  return counts
}

/** Of records that were found elsewhere in the file nothing is lost but a change. */
function namesOf(saved: Salvage | undefined): string[] {
  const found = new Set(saved?.entries.map(({ key }) => key.join(' ')))
  return (saved?.lostKeys ?? []).flatMap(nameOf).filter((name) => !found.has(name))
}

/** `cluster us-west-2 shop`. LMDB's keys are texts with a zero between them; one that is damaged as well names nothing. */
function nameOf(bytes: Buffer): string[] {
  const parts = bytes.toString('latin1').split('\0')
  return parts.length === 3 && parts.every((part) => /^[\w.-]+$/.test(part)) ? [parts.join(' ')] : []
}
