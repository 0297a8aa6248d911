import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SnapshotFiles } from '../../../src/engine/store/snapshot-files.ts'
import { temporaryDirectory } from '../../support/engine.ts'

function files() {
  const root = temporaryDirectory()
  const [directory, buckets] = [join(root, 'deep', 'snapshots'), join(root, 's3')]
  const some = new SnapshotFiles(directory, buckets)
  writeFileSync(some.path('a.items'), 'items of a')
  return { files: some, directory, buckets }
}

const modeOf = (path: string) => statSync(path).mode & 0o777

test('its folder is made where it is missing, for its owner alone', () => {
  const { directory, files: some, buckets } = files()
  expect(modeOf(directory)).toBe(0o700)
  expect(some.path('a.items')).toBe(join(directory, 'a.items'))
  expect(new SnapshotFiles(directory, buckets).exists('a.items')).toBe(true)
  expect(some.exists('b.items')).toBe(false)
})

test('a copy is another file with the same items', async () => {
  const { files: some, directory } = files()
  await some.copy('a.items', 'b.items')
  await some.remove('a.items')
  expect(readFileSync(some.path('b.items'), 'utf8')).toBe('items of a')
  expect(readdirSync(directory)).toEqual(['b.items'])
})

test('an export lies in the folder of its bucket, under the name it is given', async () => {
  const { files: some, buckets } = files()
  const target = await some.export('a.items', 'my-bucket', 'daily.items')
  expect(target).toBe(join(buckets, 'my-bucket', 'daily.items'))
  expect(readFileSync(target, 'utf8')).toBe('items of a')
  expect(modeOf(join(buckets, 'my-bucket'))).toBe(0o700)
  await some.export('a.items', 'my-bucket', 'weekly.rdb')
  expect(readdirSync(join(buckets, 'my-bucket')).sort()).toEqual(['daily.items', 'weekly.rdb'])
})

test('a copy that fails leaves what was there before, and nothing half-written', async () => {
  const { files: some, directory } = files()
  writeFileSync(some.path('b.items'), 'before')
  await expect(some.copy('missing.items', 'b.items')).rejects.toThrow(/ENOENT/)
  expect(readFileSync(some.path('b.items'), 'utf8')).toBe('before')
  mkdirSync(some.path('c.items'))
  await expect(some.copy('a.items', 'c.items')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
  expect(readdirSync(directory).sort()).toEqual(['a.items', 'b.items', 'c.items'])
})

test('a file that is gone can be removed', async () => {
  const { files: some } = files()
  await some.remove('a.items')
  await some.remove('a.items')
  expect(some.exists('a.items')).toBe(false)
})

test('a sweep takes what no record speaks of, and that alone', () => {
  const { files: some } = files()
  const names = ['a.items', 'b.items', 'b.items.partial', 'c.items', 'd.rdb']
  for (const name of names.slice(1)) writeFileSync(some.path(name), '')
  some.sweep(new Set(['a.items', 'c.items']), '.items')
  expect(names.filter((name) => existsSync(some.path(name)))).toEqual(['a.items', 'c.items', 'd.rdb'])
})
