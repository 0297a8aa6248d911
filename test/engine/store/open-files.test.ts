import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSnapshot, writeSnapshot } from '../../../src/engine/nodes/snapshot-file.ts'
import { writeWhole } from '../../../src/engine/store/durable-file.ts'
import { SnapshotFiles } from '../../../src/engine/store/snapshot-files.ts'
import { temporaryDirectory } from '../../support/engine.ts'

const OPEN = '/proc/self/fd'

/** What is done to files in `directory`, over and over. */
const WORK: Record<string, (directory: string) => Promise<void> | void> = {
  'a file that is written': (directory) => writeWhole(join(directory, 'users.json'), '{}'),
  'a snapshot that is written': (directory) => writeSnapshot(join(directory, 'a.items'), [Buffer.from('a')]),
  'a snapshot that is copied': async (directory) => {
    const files = new SnapshotFiles(directory, directory)
    writeFileSync(files.path('a.items'), 'a')
    await files.copy('a.items', 'b.items')
  },
  'a snapshot that is damaged': async (directory) => {
    const file = join(directory, 'a.items')
    writeSnapshot(file, [Buffer.from('a')])
    writeFileSync(file, readFileSync(file).subarray(1))
    await expect(readSnapshot(file, () => {})).rejects.toThrow()
  },
}

test.skipIf(!existsSync(OPEN)).each(Object.keys(WORK))('%s is not left open', async (name) => {
  const directory = temporaryDirectory()
  const work = async () => {
    for (let round = 0; round < 20; round++) await WORK[name]?.(directory)
  }
  await work()
  const before = readdirSync(OPEN).length
  await work()
  expect(readdirSync(OPEN).length).toBeLessThan(before + 10)
})
