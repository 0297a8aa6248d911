/** Looks at the store's file before LMDB maps it: of a file that is damaged, or cut off, LMDB makes a crash of the process. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** The state directory cannot be used as it is; nothing in it has been touched. */
export class StateUnusable extends Error {
  readonly hint: string
  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

export const damaged = (path: string, why: string): StateUnusable =>
  new StateUnusable(
    `The state in ${path} cannot be read: ${why}. It has been left as it is.`,
    'Put it aside, or bring back a copy, and start again; or use another --state-dir.',
  )

const MAGIC = 0xbeefc0de
/** Where the two first pages of LMDB's data format 2 (64 bit, little endian) have what we look at. */
const AT = { magic: 24, pageSize: 48, lastPage: 144, transaction: 152 } as const
const META_BYTES = 160
const LARGEST_PAGE = 65_536

/** Throws StateUnusable for a file that is no store, or shorter than it says. A file that is not there yet is fine. */
export function refuseDamaged(path: string): void {
  const file = openIfThere(path)
  if (file === undefined) return
  try {
    const { size } = fstatSync(file)
    if (size === 0) return
    const first = read(file, 0)
    const pageSize = first.readUInt32LE(AT.pageSize)
    if (first.readUInt32LE(AT.magic) !== MAGIC || pageSize < 256 || pageSize > LARGEST_PAGE) {
      throw damaged(path, 'it is not a store of cachectl')
    }
    const second = read(file, pageSize)
    if (second.readUInt32LE(AT.magic) !== MAGIC) throw damaged(path, 'its beginning is damaged')
    const last = transactionOf(first) > transactionOf(second) ? first : second
    const expected = (Number(last.readBigUInt64LE(AT.lastPage)) + 1) * pageSize
    if (size < expected) throw damaged(path, `it has ${size} bytes of ${expected}`)
  } finally {
    closeSync(file)
  }
}

const transactionOf = (meta: Buffer): bigint => meta.readBigUInt64LE(AT.transaction)

function read(file: number, position: number): Buffer {
  const bytes = Buffer.alloc(META_BYTES)
  readSync(file, bytes, 0, META_BYTES, position)
  return bytes
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
