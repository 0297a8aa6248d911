import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { isFull, isFullDisk } from '../../../src/engine/store/disk-full.ts'
import { readWhole, writeWhole } from '../../../src/engine/store/durable-file.ts'
import { temporaryDirectory } from '../../support/engine.ts'

const newPath = () => join(temporaryDirectory(), 'users.json')

test('what is written is read, the newer instead of the older', () => {
  const path = newPath()
  expect(readWhole(path)).toBeUndefined()
  writeWhole(path, '{"a": "a long text"}')
  writeWhole(path, '{"b": 2}')
  expect(readWhole(path)).toEqual({ b: 2 })
  expect(readdirSync(dirname(path))).toEqual(['users.json'])
})

test('only the owner reads it, whatever a crash has left', () => {
  const path = newPath()
  writeFileSync(`${path}.new`, 'half', { mode: 0o644 })
  chmodSync(`${path}.new`, 0o644)
  writeWhole(path, '{}')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(path, 'utf8')).toBe('{}')
  expect(existsSync(`${path}.new`)).toBe(false)
})

test('where the new one cannot be written the old one stays', () => {
  const path = newPath()
  writeWhole(path, '{"a": 1}')
  mkdirSync(`${path}.new`)
  expect(() => writeWhole(path, '{"a": 2}')).toThrow(/EISDIR|ERR_FS_EISDIR|directory/)
  expect(readWhole(path)).toEqual({ a: 1 })
})

test('a damaged one is told of, with what to do', () => {
  const path = newPath()
  writeFileSync(path, '{"a":')
  expect(() => readWhole(path)).toThrow(`The state in ${path} cannot be read:`)
})

test.each([
  [{ code: 'ENOSPC' }, true],
  [{ code: 'EDQUOT' }, true],
  [{ code: 28 }, true],
  [{ code: 'EIO' }, false],
  [{ code: 5 }, false],
  [new Error('else'), false],
])('%j says that the disk is full: %s', (error, full) => {
  expect(isFull(error)).toBe(full)
  // There is room where this is asked: an EIO has another cause.
  expect(isFullDisk(error, temporaryDirectory())).toBe(full)
})
