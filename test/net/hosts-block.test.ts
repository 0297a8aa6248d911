import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { blockIn, withBlock, writeBlock } from '../../src/net/hosts-block.ts'

const OWNER = '/home/some one/.cachectl'
const LINE = { address: '127.64.0.1', name: 'shop.abc123.cfg.usw2.cache.cachectl.test' }
const HOSTS = '127.0.0.1 localhost\n::1 localhost\n'

describe('a block of a hosts file', () => {
  test('comes at the end, is put anew in its place, and leaves nothing behind', () => {
    const first = withBlock(HOSTS, OWNER, [LINE])
    expect(first.startsWith(HOSTS)).toBe(true)
    expect(blockIn(first, OWNER)).toEqual([`${LINE.address} ${LINE.name}`])
    const followed = `${first}10.0.0.1 other\n`
    const second = withBlock(followed, OWNER, [LINE, { ...LINE, name: `b.${LINE.name}` }])
    expect(blockIn(second, OWNER)).toHaveLength(2)
    expect(second.endsWith('10.0.0.1 other\n')).toBe(true)
    expect(withBlock(second, OWNER, [])).toBe(`${HOSTS}10.0.0.1 other\n`)
  })

  test('of another engine stays as it is', () => {
    const both = withBlock(withBlock(HOSTS, '/a', [LINE]), '/a/b', [LINE])
    expect(withBlock(both, '/a', [])).toBe(withBlock(HOSTS, '/a/b', [LINE]))
    expect(blockIn(HOSTS, '/a')).toBeUndefined()
  })

  test('whose end is missing takes nothing along that is not of an engine', () => {
    const whole = withBlock(HOSTS, OWNER, [LINE])
    const cut = `${whole.slice(0, whole.indexOf('# cachectl end'))}10.0.0.1 other\n`
    expect(withBlock(cut, OWNER, [])).toBe(`${HOSTS}10.0.0.1 other\n`)
  })

  test('comes and goes without a trace in any text', () => {
    const text = fc.array(fc.stringMatching(/^[ -~]{0,20}$/)).map((lines) => lines.map((line) => `${line}\n`).join(''))
    fc.assert(
      fc.property(text, (before) => {
        expect(withBlock(withBlock(before, OWNER, [LINE]), OWNER, [])).toBe(before)
      }),
    )
  })
})

test('a hosts file keeps its rights, and is not made for nothing', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'hosts')
  writeBlock(file, OWNER, [])
  expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined()
  writeFileSync(file, HOSTS)
  chmodSync(file, 0o640)
  writeBlock(file, OWNER, [LINE])
  expect(statSync(file).mode & 0o777).toBe(0o640)
  writeBlock(file, OWNER, [])
  expect(readFileSync(file, 'utf8')).toBe(HOSTS)
})
