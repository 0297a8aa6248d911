/** The file of a serverless cache's snapshot: a line that says what it is, the items, and a checksum of both. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

const HEAD = Buffer.from('cachectl serverless cache snapshot 1\n')
const CHECKSUM_BYTES = 4
const READ_BYTES = 1 << 20

/** What a file is called until it is whole. */
const PARTIAL = '.partial'

/**
 * Writes the file without giving the thread away, so that it holds the items of one moment. It is there under its name once it
 * is whole and on the disk. @throws ErrnoException (ENOSPC ...); nothing is left behind then.
 */
export function writeSnapshot(file: string, pieces: Iterable<Buffer>): void {
  const partial = `${file}${PARTIAL}`
  try {
    const descriptor = openSync(partial, 'w', 0o600)
    try {
      let checksum = 0
      const write = (bytes: Buffer) => {
        for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
      }
      const add = (piece: Buffer) => {
        checksum = crc32(piece, checksum)
        write(piece)
      }
      add(HEAD)
      for (const piece of pieces) add(piece)
      const end = Buffer.alloc(CHECKSUM_BYTES)
      end.writeUInt32BE(checksum)
      write(end)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(partial, file)
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
}

/** Hands the items to `take` piece by piece. Rejects when the file is not such a file, or not the one that was written. */
export async function readSnapshot(file: string, take: (piece: Buffer) => void): Promise<void> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    const head = Buffer.alloc(HEAD.length)
    await handle.read(head, 0, head.length, 0)
    if (!head.equals(HEAD)) throw new Error(`${file} is not a snapshot of a serverless cache`)
    const end = size - CHECKSUM_BYTES
    let checksum = crc32(head)
    for (let at = HEAD.length; at < end; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.min(READ_BYTES, end - at)), { position: at })
      if (bytesRead === 0) break
      const piece = buffer.subarray(0, bytesRead)
      checksum = crc32(piece, checksum)
      take(piece)
      at += bytesRead
    }
    const stored = Buffer.alloc(CHECKSUM_BYTES)
    await handle.read(stored, 0, CHECKSUM_BYTES, Math.max(end, 0))
    if (stored.readUInt32BE() !== checksum) throw new Error(`${file} is damaged: its checksum is wrong`)
  } finally {
    await handle.close()
  }
}
