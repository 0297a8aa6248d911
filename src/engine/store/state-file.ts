/**
 * The store's file. It is read and judged without LMDB, which makes a crash of the process of a file that is damaged, and written
 * anew from its records at every start: what LMDB gets to see is a file of its own making.
 */
import { copyFileSync, linkSync, readFileSync, rmSync } from 'node:fs'
import { open, type RootDatabase } from 'lmdb'
import { errorCode, errorMessage } from '../../api/thrown.ts'
import { renameDurably } from './durable-file.ts'
import { checksumOf, decodeEntry, type Entry, encodeEntry, type Key, NO_ENTRIES, type Sum, sumOf } from './entry.ts'
import { areConsecutive, type Leaf, leavesAnywhere, leavesOf, type Meta, metasIn, rootTransaction } from './pages.ts'
import { damaged, StateUnusable } from './unusable.ts'

/**
 * Goes up when the store changes so that an engine before it would misread it. New members that may be absent are no such
 * change. 1 had no checksums, and other records (migrations.ts).
 */
const STATE_VERSION = 2
const FORMER_VERSION = 1

/** Both are about the store itself. The version is one byte, which engines of every version understand. */
const VERSION: Key = ['version']
export const SUM: Key = ['sum']

/** How a LMDB file of ours is opened. Without overlapping sync a transaction returns only when it is flushed. */
export const OPTIONS = { noSubdir: true, overlappingSync: false } as const

/** What a state that is damaged still holds. */
export interface Salvage {
  readonly entries: readonly Entry[]
  /** Undefined when not even their number can be read. */
  readonly lost: number | undefined
  /** Those of them that still have one, as LMDB writes it. */
  readonly lostKeys: readonly Buffer[]
  /** Some are as they were a change before, or what had been deleted. */
  readonly mayBeOld: boolean
}

/** Undefined when there is no file. Throws StateUnusable for one that is not whole, or was written by a cachectl that knows more. */
export async function readState(path: string): Promise<readonly Entry[] | undefined> {
  const file = contentOf(path)
  if (!file) return undefined
  if (file.length === 0) throw damaged(path, 'it is empty')
  const metas = metasIn(file)
  const [newest] = metas
  if (!newest) throw damaged(path, 'it is not a store of cachectl, or its beginning is damaged')
  const leaves = leavesOf(file, newest)
  refuseNewer(leaves, path)
  const { entries, sum } = readLeaves(leaves)
  if (entries.length === 0 && !sum && versionOf(leaves) === FORMER_VERSION) return readFormer(path)
  const isLatest = isNewest(metas, file)
  const hasAllPages = file.length >= (sum?.bytes ?? 0)
  // Pages at the end that were free before they were written, LMDB never writes.
  if (isLatest && hasAllPages && sum && isWhole(entries, sum)) return entries
  const expected = (newest.lastPage + 1) * newest.pageSize
  if (file.length < expected) throw damaged(path, `it has ${file.length} bytes of ${expected}`)
  if (!isLatest) throw damaged(path, 'its beginning is damaged')
  const rest = sum ? `, of ${sum.entries} records ${entries.length} are whole` : ''
  throw damaged(path, `pages of it are damaged${rest}`)
}

/**
 * What can be had of a state that is damaged. First the records as of the last change; while some are missing, those of the
 * change before it, and then whatever lies in the file.
 */
export function salvage(path: string): Salvage {
  const file = contentOf(path) ?? Buffer.alloc(0)
  const metas = metasIn(file)
  // The page of the root says better than a first page that may be damaged which of two states is the later one.
  const age = (meta: Meta) => Number(rootTransaction(file, meta) ?? -1n)
  const leaves = metas.toSorted((a, b) => age(b) - age(a)).map((meta) => leavesOf(file, meta))
  const [last, former] = leaves.map(readLeaves)
  const found = new Map<string, Entry>()
  const add = (entries: readonly Entry[]) => {
    for (const entry of entries) {
      const name = JSON.stringify(entry.key)
      if (!found.has(name)) found.set(name, entry)
    }
  }
  add(last?.entries ?? [])
  const certain = found.size
  const expected = (last?.sum ?? former?.sum)?.entries ?? Number.POSITIVE_INFINITY
  if (found.size < expected) add(former?.entries ?? [])
  if (found.size < expected) {
    for (const pageSize of pageSizes(metas)) add(readLeaves(leavesAnywhere(file, pageSize)).entries)
  }
  return {
    entries: [...found.values()],
    lost: expected === Number.POSITIVE_INFINITY ? undefined : Math.max(0, expected - found.size),
    lostKeys: (leaves[0] ?? []).filter(({ value }) => !decodeEntry(value)).map(({ key }) => key),
    mayBeOld: found.size > certain || (certain > 0 && !isNewest(metas, file)),
  }
}

/** Puts a file with these records in the place of the old one: there is one of them, whole, at any time. */
export async function writeState(path: string, entries: readonly Entry[]): Promise<void> {
  const next = `${path}.new`
  for (const left of [next, `${next}-lock`, `${path}-lock`]) rmSync(left, { force: true })
  const database: RootDatabase<Buffer, Key> = open({ ...OPTIONS, path: next, encoding: 'binary' })
  try {
    let sum: Sum = NO_ENTRIES
    database.transactionSync(() => {
      for (const entry of entries) {
        const bytes = encodeEntry(entry)
        sum = sumOf(sum, undefined, checksumOf(bytes))
        database.put(entry.key, bytes)
      }
      database.put(VERSION, Buffer.of(STATE_VERSION))
      database.put(SUM, encodeSum({ ...sum, bytes: 0 }))
    })
  } finally {
    await database.close()
    rmSync(`${next}-lock`, { force: true })
  }
  renameDurably(next, path)
}

/** Keeps the file under another name. It stays where it is, too, until a new one takes its place. */
export function keepAside(path: string, name: string): void {
  rmSync(name, { force: true })
  try {
    linkSync(path, name)
  } catch {
    copyFileSync(path, name)
  }
}

/** With the length that the file had before the change it is of: it never gets shorter. */
type FileSum = Sum & { readonly bytes: number }

export const encodeSum = (sum: FileSum): Buffer => encodeEntry({ key: SUM, value: sum })

interface Tree {
  readonly entries: readonly Entry[]
  readonly sum: FileSum | undefined
}

function readLeaves(leaves: readonly Leaf[]): Tree {
  const decoded = leaves.flatMap(({ value }) => decodeEntry(value) ?? [])
  const isSum = ({ key }: Entry) => key[0] === SUM[0]
  return {
    entries: decoded.filter((entry) => !isSum(entry)),
    sum: decoded.find(isSum)?.value as FileSum | undefined, // what carries its checksum is what was written
  }
}

function isWhole(entries: readonly Entry[], expected: Sum): boolean {
  let sum = NO_ENTRIES
  for (const entry of entries) sum = sumOf(sum, undefined, checksumOf(encodeEntry(entry)))
  const names = new Set(entries.map(({ key }) => JSON.stringify(key)))
  return names.size === expected.entries && sum.entries === expected.entries && sum.checksums === expected.checksums
}

/**
 * Whether the first of them begins the state that was written last: one that is damaged may look older than it is. Every change
 * writes its root, for the sum is one of the records, and the state before it is kept.
 */
const isNewest = (metas: readonly Meta[], file: Buffer): boolean =>
  areConsecutive(metas, file) &&
  metas.every((meta) => meta.transaction === 0n || rootTransaction(file, meta) === meta.transaction)

const pageSizes = (metas: readonly Meta[]): number[] =>
  metas[0] ? [metas[0].pageSize] : [4096, 8192, 16_384, 32_768, 65_536]

function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** One byte: small whole numbers are their own in the encoding of before. */
const versionOf = (leaves: readonly Leaf[]): number | undefined =>
  leaves.find(({ key, value }) => key.toString('latin1') === VERSION[0] && value.length === 1)?.value[0]

function refuseNewer(leaves: readonly Leaf[], path: string): void {
  const version = versionOf(leaves) ?? STATE_VERSION
  if (version <= STATE_VERSION) return
  throw new StateUnusable(
    `The state in ${path} has version ${version}; this cachectl reads version ${STATE_VERSION}. It has been left as it is.`,
    'It was written by a newer cachectl: use that one, or another --state-dir.',
  )
}

/** The records of a state without checksums. */
async function readFormer(path: string): Promise<Entry[]> {
  const database: RootDatabase<unknown, Key> = open({ ...OPTIONS, path })
  try {
    // A key of one part is not handed out as a list.
    const entries = [...database.getRange({})].map(({ key, value }) => ({ key: [key].flat(), value }))
    return entries.filter(({ key }) => !['holder', 'version'].includes(String(key[0])))
  } catch (error) {
    throw damaged(path, errorMessage(error))
  } finally {
    await database.close()
  }
}
