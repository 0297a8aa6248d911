import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { constants, copyFile, open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The folder of snapshots' files, and the folder that stands for S3: a bucket is a folder in it, made when it is first exported
 * to. A file without a record is of no use, so that files are made before records say so, and go before them.
 */
export class SnapshotFiles {
  readonly #directory: string
  readonly #buckets: string

  constructor(directory: string, buckets: string) {
    this.#directory = directory
    this.#buckets = buckets
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  }

  path(file: string): string {
    return join(this.#directory, file)
  }

  exists(file: string): boolean {
    return existsSync(this.path(file))
  }

  async copy(from: string, to: string): Promise<void> {
    await copyDurably(this.path(from), this.path(to))
  }

  /** Answers the path of the exported file. @param name Of the object in the bucket. */
  async export(file: string, bucket: string, name: string): Promise<string> {
    const folder = join(this.#buckets, bucket)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const target = join(folder, name)
    await copyDurably(this.path(file), target)
    return target
  }

  /** Where an object of a bucket lies; undefined: there is none. @param key Names of folders, and that of the file. */
  object(bucket: string, key: string): string | undefined {
    const path = join(this.#buckets, bucket, key)
    return existsSync(path) ? path : undefined
  }

  async remove(file: string): Promise<void> {
    await rm(this.path(file), { force: true })
  }

  /** Removes what no record speaks of: files half-written, or left by a crash. @param ending Of the files it knows of. */
  sweep(known: ReadonlySet<string>, ending: string): void {
    for (const name of readdirSync(this.#directory)) {
      if (!known.has(name) && name.includes(ending)) rmSync(this.path(name), { force: true })
    }
  }
}

/** There is a whole copy under the name, or what was there before. */
export async function copyDurably(from: string, to: string): Promise<void> {
  await makeDurably(to, async (partial) => {
    // A clone where the file system can: no data is copied then.
    await copyFile(from, partial, constants.COPYFILE_FICLONE)
  })
}

/** The file is there whole and on disk, or not at all. */
export async function writeDurably(to: string, pieces: AsyncIterable<Buffer>): Promise<void> {
  await makeDurably(to, (partial) => writeFile(partial, pieces, { mode: 0o600 }))
}

async function makeDurably(to: string, make: (partial: string) => Promise<void>): Promise<void> {
  const partial = `${to}.partial`
  try {
    await make(partial)
    const handle = await open(partial, 'r+')
    await handle.sync().finally(() => handle.close())
    await rename(partial, to)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}
