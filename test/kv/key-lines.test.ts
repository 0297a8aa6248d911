import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDumpedLine, readMonitored, readWatched } from '../../src/kv/key-lines.ts'
import { KeyTally, Largest } from '../../src/kv/key-tally.ts'

test('lines of watch tell reads and writes of keys, and nothing else', () => {
  const read = 'ts=1.2 gid=1 type=item_get key=a%20b status=found clsid=1 cfd=5 size=1'
  const write = 'ts=1.2 gid=2 type=item_store key=a status=stored cmd=set ttl=0 clsid=1 cfd=5 size=1'
  expect([read, write, 'skipped=3', 'type=eviction key=a'].map(readWatched)).toEqual([
    { key: 'a b', use: 'reads' },
    { key: 'a', use: 'writes' },
    undefined,
    undefined,
  ])
})

test('a line of metadump tells what an item takes; a key that is no UTF-8 stays as it was sent', () => {
  expect(readDumpedLine('key=%ff exp=-1 la=1 cas=2 fetch=no cls=1 size=65')).toEqual({ key: '%ff', bytes: 65 })
  expect(readDumpedLine('END')).toBeUndefined()
})

describe('a line of MONITOR', () => {
  /** As servers write words there (sdscatrepr). */
  const repr = (word: string): string =>
    `"${[...Buffer.from(word)]
      .map((byte) => {
        const letter = String.fromCharCode(byte)
        if (letter === '"' || letter === '\\') return `\\${letter}`
        const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\x07': '\\a', '\b': '\\b' }[letter]
        return short ?? (byte >= 32 && byte < 127 ? letter : `\\x${byte.toString(16).padStart(2, '0')}`)
      })
      .join('')}"`
  const line = (...words: string[]) => `1700000000.123456 [0 127.0.0.1:50000] ${words.map(repr).join(' ')}`

  test('tells the keys of a command, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 4 }), (keys) => {
        expect(readMonitored(line('MGET', ...keys))).toEqual(keys.map((key) => ({ key, use: 'reads' })))
      }),
    )
  })

  test.each([
    [['SET', 'a', 'v'], [{ key: 'a', use: 'writes' }]],
    [['PING'], []],
    [['nosuch', 'a'], []],
  ])('%j uses %j', (words, uses) => {
    expect(readMonitored(line(...words))).toEqual(uses)
  })

  test('that was cut tells no key that is not whole', () => {
    expect(readMonitored(line('MGET', 'a', 'bcd').slice(0, -2))).toEqual([{ key: 'a', use: 'reads' }])
  })
})

test('of more keys than are counted, those used most stay', () => {
  const tally = new KeyTally(10)
  for (let round = 0; round < 100; round++) {
    tally.add('hot', round % 2 === 0 ? 'reads' : 'writes')
    tally.add(`rare ${round}`, 'reads')
  }
  expect(tally.top(1)).toEqual([{ key: 'hot', reads: 50, writes: 50 }])
  expect(tally.uses).toBe(200)
})

test('the largest of many are kept in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 5_000 }), (sizes) => {
      const largest = new Largest(3)
      for (const bytes of sizes) largest.add({ bytes })
      const expected = [...sizes].sort((a, b) => b - a).slice(0, 3)
      expect(largest.sorted().map(({ bytes }) => bytes)).toEqual(expected)
    }),
    { numRuns: 20 },
  )
})
