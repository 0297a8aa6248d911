import { describe, expect, test } from 'vitest'
import { areConsecutive, leavesAnywhere, leavesOf, metasIn, rootTransaction } from '../../../src/engine/store/pages.ts'
import {
  BRANCH,
  bigLeaf,
  branch,
  fileOf,
  LEAF,
  leaf,
  type MetaShape,
  OVERFLOW,
  PAGE,
  putMeta,
} from '../../support/lmdb-file.ts'

// Files made by hand, by the layout of mdb.c: what LMDB itself writes is read in state-file.test.ts.

const told = (leaves: ReturnType<typeof leavesOf>) => leaves.map(({ key, value }) => `${key}=${value}`)

const read = (file: Buffer, root = 2) => told(leavesOf(file, { pageSize: PAGE, root, transaction: 5n, lastPage: 9 }))

describe('the first pages', () => {
  test.each([512, 1024, 4096, 65_536])('are found with pages of %i bytes, the newest first', (pageSize) => {
    const file = Buffer.alloc(2 * pageSize + 512)
    putMeta(file, 0, { pageSize, transaction: 6, root: 3 })
    putMeta(file, pageSize, { pageSize, transaction: 7 })
    expect(metasIn(file)).toEqual([
      { pageSize, transaction: 7n, root: 2, lastPage: 9 },
      { pageSize, transaction: 6n, root: 3, lastPage: 9 },
    ])
  })

  test.each([4096, 8192, 16_384, 32_768, 65_536])(
    'are found without the first where pages have %i bytes',
    (pageSize) => {
      const file = Buffer.alloc(2 * pageSize)
      putMeta(file, pageSize, { pageSize, transaction: 7 })
      expect(metasIn(file)).toMatchObject([{ pageSize, transaction: 7n }])
    },
  )

  test.each<[string, Partial<MetaShape>]>([
    ['another magic number', { magic: 0xbeefc0df }],
    ['another format', { format: 1 }],
    ['pages too small', { pageSize: 256 }],
    ['pages too large', { pageSize: 131_072 }],
    ['pages of no power of two', { pageSize: 4097 }],
  ])('are none with %s', (_, wrong) => {
    const file = Buffer.alloc(2 * PAGE)
    putMeta(file, 0, { pageSize: PAGE, transaction: 1, ...wrong })
    expect(metasIn(file)).toEqual([])
  })

  test('may end with the file, and not past it', () => {
    const file = Buffer.alloc(160)
    putMeta(file, 0, { pageSize: PAGE, transaction: 1 })
    expect(metasIn(file)).toHaveLength(1)
    expect(metasIn(file.subarray(0, 159))).toEqual([])
  })
})

describe('the first pages follow each other', () => {
  const areInTurn = (one: MetaShape, other: MetaShape, place = PAGE) => {
    const file = Buffer.alloc(4 * PAGE)
    putMeta(file, 0, one)
    putMeta(file, place, other)
    return areConsecutive(metasIn(file), file)
  }
  const meta = (transaction: number, pageSize = PAGE) => ({ pageSize, transaction })

  test.each([
    ['turn by turn', meta(6), meta(7), true],
    ['turn by turn, the newest in front', meta(8), meta(7), true],
    ['with one left out', meta(6), meta(9), false],
    ['in the wrong places', meta(7), meta(6), false],
    ['in the wrong places, the newest behind', meta(7), meta(8), false],
    ['twice the same', meta(6), meta(6), false],
    ['of different pages', meta(6), meta(7, 8192), false],
  ])('%s: %s', (_, one, other, expected) => {
    expect(areInTurn(one, other)).toBe(expected)
  })

  test('one alone does not', () => {
    const file = Buffer.alloc(2 * PAGE)
    putMeta(file, 0, meta(6))
    expect(areConsecutive(metasIn(file), file)).toBe(false)
    expect(areConsecutive([], file)).toBe(false)
  })
})

describe('the tree', () => {
  test('has the leaves of all its pages', () => {
    const file = fileOf(
      { flags: BRANCH, nodes: [branch(3), branch(4)] },
      { flags: LEAF, nodes: [leaf('a', '1'), leaf('b', '')] },
      { flags: LEAF, nodes: [leaf('c', '3')] },
      { flags: LEAF, nodes: [leaf('d', 'not in the tree')] },
    )
    expect(read(file).sort()).toEqual(['a=1', 'b=', 'c=3'])
  })

  test('that goes in a circle is read once', () => {
    const file = fileOf(
      { flags: BRANCH, nodes: [branch(2), branch(3), branch(3)] },
      { flags: LEAF, nodes: [leaf('a', '1')] },
    )
    expect(read(file)).toEqual(['a=1'])
  })

  test('has nothing of pages that are not there, are other ones, or are no pages of a tree', () => {
    const nodes = [leaf('a', '1')]
    const file = fileOf(
      { flags: BRANCH, nodes: [branch(0), branch(1), branch(3), branch(4), branch(99)] },
      { flags: LEAF, nodes, named: 7 },
      { flags: OVERFLOW, nodes: [branch(5)] },
      { flags: LEAF, nodes },
    )
    expect(read(file)).toEqual([])
    expect(read(file, 99)).toEqual([])
  })

  test('says which transaction wrote its root', () => {
    const file = fileOf({ flags: LEAF, transaction: 5 })
    const meta = { pageSize: PAGE, transaction: 5n, lastPage: 2 }
    expect(rootTransaction(file, { ...meta, root: 2 })).toBe(5n)
    expect(rootTransaction(file, { ...meta, root: 3 })).toBeUndefined()
    expect(rootTransaction(file, { ...meta, root: 1 })).toBeUndefined()
  })
})

describe('a value', () => {
  test('may lie on pages of its own, up to the end of the file', () => {
    const file = fileOf({ flags: LEAF, nodes: [bigLeaf('a', 5000, 3)] }, { flags: OVERFLOW }, { flags: 0 })
    file.fill('v', 3 * PAGE + 24, 3 * PAGE + 24 + 5000)
    expect(read(file)).toEqual([`a=${'v'.repeat(5000)}`])
    const most = 2 * PAGE - 24
    const whole = (size: number) =>
      read(fileOf({ flags: LEAF, nodes: [bigLeaf('a', size, 3)] }, { flags: OVERFLOW }, { flags: 0 })).length
    expect([whole(most), whole(most + 1)]).toEqual([1, 0])
  })

  test('is none where its page is not there, or is no such page', () => {
    const at = (page: number) => read(fileOf({ flags: LEAF, nodes: [bigLeaf('a', 5, page)] }, { flags: LEAF }))
    expect([at(3), at(9)]).toEqual([[], []])
  })

  test('that leaves its page is none', () => {
    const nodes = [leaf('a', 'value')]
    const file = fileOf({ flags: LEAF, nodes })
    expect(read(file)).toHaveLength(1)
    file.writeUInt32LE(6, 3 * PAGE - 14)
    expect(read(file)).toEqual([])
  })

  test('of a node whose place is past the page is none', () => {
    const file = fileOf({ flags: LEAF, nodes: [leaf('a', '1')] })
    file.writeUInt16LE(PAGE - 24 - 7, 2 * PAGE + 24)
    expect(read(file)).toEqual([])
    file.writeUInt16LE(0xffff, 2 * PAGE + 20)
    expect(read(file)).not.toContain('a=1')
  })
})

test('anywhere in the file, the leaves that were written last come first', () => {
  const file = fileOf(
    { flags: LEAF, transaction: 3, nodes: [leaf('a', 'old')] },
    { flags: BRANCH, transaction: 9, nodes: [leaf('b', 'no leaf')] },
    { flags: LEAF, transaction: 7, nodes: [leaf('a', 'new')] },
    { flags: LEAF, transaction: 5, nodes: [leaf('a', 'middle')] },
    { flags: LEAF | OVERFLOW, transaction: 8, nodes: [leaf('a', 'neither')] },
  )
  expect(told(leavesAnywhere(file, PAGE))).toEqual(['a=new', 'a=middle', 'a=old'])
  expect(leavesAnywhere(file.subarray(0, 3 * PAGE - 1), PAGE)).toEqual([])
})
