/** Snapshots as files: written beside, and put in the place of the one before once they are whole and on the disk. */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { replaceFile } from '../replace-file.ts'
import type { Loader } from './loader.ts'
import type { Snapshot } from './snapshot.ts'

const PIECE_BYTES = 1 << 20

/** Writes a snapshot to a file while others are served. @param temporary The name it has until it is whole, in the same directory. */
export async function writeFile(path: string, temporary: string, snapshot: Snapshot): Promise<void> {
  const beside = join(dirname(path), temporary)
  try {
    const file = await open(beside, 'w')
    try {
      for await (const piece of snapshot) await writeAll(file, piece)
      await file.sync()
    } finally {
      await file.close()
    }
    if (snapshot.isCancelled) throw new Error('it was called off')
    await rename(beside, path)
  } catch (error) {
    snapshot.cancel()
    await rm(beside, { force: true })
    throw error
  }
  const directory = await open(dirname(path), 'r')
  await directory.sync().finally(() => directory.close())
}

async function writeAll(file: FileHandle, piece: Buffer): Promise<void> {
  for (let at = 0; at < piece.length; ) at += (await file.write(piece, at)).bytesWritten
}

/** The same at once. */
export function writeFileSync(path: string, temporary: string, snapshot: Snapshot): void {
  try {
    replaceFile(path, join(dirname(path), temporary), slicesOf(snapshot), FILE_MODE)
  } catch (error) {
    snapshot.cancel()
    throw error
  }
}

function* slicesOf(snapshot: Snapshot): Generator<Buffer> {
  for (let piece = snapshot.slice(PIECE_MS); piece; piece = snapshot.slice(PIECE_MS)) yield piece
}

const PIECE_MS = Number.POSITIVE_INFINITY
/** Less what the process takes away (umask), as of servers. */
const FILE_MODE = 0o666

/** Bytes of a file; -1: there is none. */
export const fileBytes = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? -1

/** Loads a file while others are served. @throws BadRdb, ErrnoException */
export async function readFile(path: string, loader: Loader): Promise<void> {
  const file = await open(path, 'r')
  try {
    for (;;) {
      const piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
      const { bytesRead } = await file.read(piece, 0, PIECE_BYTES)
      if (bytesRead === 0) break
      loader.feed(piece.subarray(0, bytesRead))
    }
    loader.end()
  } finally {
    loader.cancel()
    await file.close()
  }
}

/** The same at once. */
export function readFileSync(path: string, loader: Loader): void {
  const file = openSync(path, 'r')
  try {
    for (;;) {
      const piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
      const bytes = readSync(file, piece)
      if (bytes === 0) break
      loader.feed(piece.subarray(0, bytes))
    }
    loader.end()
  } finally {
    loader.cancel()
    closeSync(file)
  }
}
