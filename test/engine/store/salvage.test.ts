import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checksumOf, type Entry, encodeEntry, NO_ENTRIES, sumOf } from '../../../src/engine/store/entry.ts'
import { encodeSum, keepAside, readState, salvage, writeState } from '../../../src/engine/store/state-file.ts'
import { temporaryDirectory } from '../../support/engine.ts'
import { fileOf, LEAF, leaf, PAGE, type PageShape, putMeta, putPage } from '../../support/lmdb-file.ts'

const VERSION = 2
const entry = (name: string, value: unknown): Entry => ({ key: ['quota', name], value })

interface State {
  readonly entries?: readonly Entry[]
  /** What the sum speaks of; null: there is no sum. */
  readonly counted?: readonly Entry[] | null
  readonly broken?: readonly string[]
  readonly version?: number | null
  readonly bytes?: number
  readonly transaction?: number
}

/** One page that holds a whole state. */
function page({
  entries = [],
  counted = entries,
  broken = [],
  version = VERSION,
  bytes = 0,
  transaction = 1,
}: State): PageShape {
  const leaves = entries.map((each) => leaf(each.key.join(' '), encodeEntry(each)))
  const lost = broken.map((name) => leaf(`quota ${name}`, 'xxxx no entry'))
  const sum = (counted ?? []).reduce((so, each) => sumOf(so, undefined, checksumOf(encodeEntry(each))), NO_ENTRIES)
  return {
    flags: LEAF,
    transaction,
    nodes: [
      ...leaves,
      ...lost,
      ...(counted === null ? [] : [leaf('sum', encodeSum({ ...sum, bytes }))]),
      ...(version === null ? [] : [leaf('version', Buffer.of(version))]),
    ],
  }
}

/** A file whose last state is `last` and the one before it `former`, with `others` on pages of no tree. */
function stateFile(last: State, former: State = {}, ...others: State[]): string {
  const bytes = fileOf(page({ ...former, transaction: 4 }), page({ ...last, transaction: 5 }), ...others.map(page))
  putMeta(bytes, 0, { pageSize: PAGE, transaction: 4, root: 2, lastPage: 3 })
  putMeta(bytes, PAGE, { pageSize: PAGE, transaction: 5, root: 3, lastPage: 3 })
  return fileWith(bytes)
}

function fileWith(bytes: Buffer): string {
  const path = join(temporaryDirectory(), 'state.mdb')
  writeFileSync(path, bytes)
  return path
}

const [a, b, c] = [entry('a', 1), entry('b', 2), entry('c', 3)]
const olderB = entry('b', 'older')
const found = (path: string) => {
  const { entries, lost, lostKeys, mayBeOld } = salvage(path)
  return {
    entries: Object.fromEntries(entries.map(({ key, value }) => [key[1], value])),
    lost,
    // The version has no checksum to go by.
    lostKeys: lostKeys.map(String).filter((key) => key !== 'version'),
    mayBeOld,
  }
}

describe('what is saved', () => {
  test('of a state that is whole is that state, and nothing that had been deleted before', () => {
    expect(found(stateFile({ entries: [a, c] }, { entries: [a, olderB, c] }, { entries: [b] }))).toEqual({
      entries: { a: 1, c: 3 },
      lost: 0,
      lostKeys: [],
      mayBeOld: false,
    })
  })

  test('of a record that is lost is what it was a change before', () => {
    const file = stateFile({ entries: [a], counted: [a, b], broken: ['b'] }, { entries: [entry('a', 0), olderB] })
    expect(found(file)).toEqual({ entries: { a: 1, b: 'older' }, lost: 0, lostKeys: ['quota b'], mayBeOld: true })
  })

  test('of one that is lost there, too, is what lies anywhere in the file, the newest of it', () => {
    const anywhere = [
      { entries: [olderB], transaction: 2 },
      { entries: [entry('b', 'less old')], transaction: 3 },
    ]
    const file = stateFile({ entries: [a], counted: [a, b], broken: ['b'] }, { entries: [a] }, ...anywhere)
    expect(found(file)).toMatchObject({ entries: { a: 1, b: 'less old' }, lost: 0, mayBeOld: true })
  })

  test('of one that is nowhere is nothing, and its number and its key are told', () => {
    const file = stateFile({ entries: [a], counted: [a, b, c], broken: ['b'] }, { entries: [a] })
    expect(found(file)).toEqual({ entries: { a: 1 }, lost: 2, lostKeys: ['quota b'], mayBeOld: false })
  })

  test('is counted by the sum of the state before, where the last has none', () => {
    const file = stateFile({ entries: [a], counted: null }, { entries: [a, b], counted: [a, b, c] })
    expect(found(file)).toMatchObject({ entries: { a: 1, b: 2 }, lost: 1 })
  })

  test('has no number where no sum is left', () => {
    const file = stateFile(
      { entries: [a], counted: null },
      { entries: [b], counted: null },
      { entries: [c], counted: null },
    )
    expect(found(file)).toMatchObject({ entries: { a: 1, b: 2, c: 3 }, lost: undefined, mayBeOld: true })
  })

  test('may be more than there should be: then none is lost', () => {
    const file = stateFile({ entries: [a], counted: [a, b] }, { entries: [b, c] })
    expect(found(file)).toMatchObject({ entries: { a: 1, b: 2, c: 3 }, lost: 0 })
  })

  test('is of the state whose root was written last, whatever a damaged first page says', () => {
    const bytes = readFileSync(stateFile({ entries: [b] }, { entries: [olderB] }))
    putMeta(bytes, 0, { pageSize: PAGE, transaction: 8, root: 2, lastPage: 3 })
    expect(found(fileWith(bytes))).toMatchObject({ entries: { b: 2 }, mayBeOld: true })
  })

  test.each([4096, 8192, 16_384, 32_768, 65_536])(
    'is found on pages of %i bytes when both first pages are gone',
    (pageSize) => {
      const bytes = Buffer.alloc(4 * pageSize)
      putPage(bytes, pageSize, 3, page({ entries: [a], counted: null }))
      expect(found(fileWith(bytes))).toEqual({ entries: { a: 1 }, lost: undefined, lostKeys: [], mayBeOld: true })
    },
  )

  test('of no file is nothing', () => {
    const nothing = { entries: {}, lost: undefined, lostKeys: [], mayBeOld: false }
    expect(found(join(temporaryDirectory(), 'state.mdb'))).toEqual(nothing)
  })
})

describe('a state is read', () => {
  const names = async (file: string) => (await readState(file))?.map(({ key }) => key[1])

  test.each([VERSION, null])('of version %j', async (version) => {
    const read = (await readState(stateFile({ entries: [a, b], version }))) ?? []
    expect(read).toContainEqual(a)
    expect(read).toContainEqual(b)
  })

  test.each([VERSION + 1, 255])('not of version %i, which is told from damage', async (version) => {
    await expect(readState(stateFile({ entries: [a], version }))).rejects.toThrow(
      `has version ${version}; this cachectl reads version ${VERSION}`,
    )
  })

  test('whatever version a record of another name or length seems to have', async () => {
    const bytes = (key: string, value: Buffer) => {
      const { nodes = [], ...rest } = page({ entries: [a], version: null })
      return { ...rest, nodes: [leaf(key, value), ...nodes] }
    }
    for (const odd of [bytes('versions', Buffer.of(9)), bytes('version', Buffer.of(9, 9))]) {
      const file = readFileSync(stateFile({ entries: [a] }))
      putPage(file, PAGE, 3, { ...odd, transaction: 5 })
      expect(await names(fileWith(file))).toEqual(['a'])
    }
  })

  test.each<[string, State]>([
    ['a record too few', { entries: [a], counted: [a, b] }],
    ['a record too many', { entries: [a, b], counted: [a] }],
    ['another record than was counted', { entries: [olderB], counted: [b] }],
    ['one record twice in the place of another', { entries: [a, a], counted: [a, b] }],
    ['no sum', { entries: [a], counted: null }],
  ])('not with %s', async (_, state) => {
    await expect(readState(stateFile(state))).rejects.toThrow(/pages of it are damaged/)
  })

  test('not when the file is shorter than it was, by a byte', async () => {
    const { length } = readFileSync(stateFile({ entries: [a] }))
    expect(await names(stateFile({ entries: [a], bytes: length }))).toEqual(['a'])
    await expect(readState(stateFile({ entries: [a], bytes: length + 1 }))).rejects.toThrow(
      /it has \d+ bytes of \d+|damaged/,
    )
  })

  test('not when nothing is in it, and not when it is no file of its kind', async () => {
    await expect(readState(fileWith(Buffer.alloc(0)))).rejects.toThrow(/it is empty/)
    await expect(readState(fileWith(Buffer.alloc(1)))).rejects.toThrow(/not a store of cachectl/)
    expect(await readState(join(temporaryDirectory(), 'state.mdb'))).toBeUndefined()
    await expect(readState(temporaryDirectory())).rejects.toThrow(/EISDIR/)
  })
})

describe('a state is written', () => {
  test('so that it is read as it was, in the place of what was there, and leaves nothing beside it', async () => {
    const file = fileWith(Buffer.from('what was there'))
    writeFileSync(`${file}.new`, 'of a crash')
    writeFileSync(`${file}-lock`, 'of a crash')
    await writeState(file, [a, b])
    expect(await readState(file)).toEqual([a, b])
    expect(statSync(`${file}.new`, { throwIfNoEntry: false })).toBeUndefined()
    expect(statSync(`${file}.new-lock`, { throwIfNoEntry: false })).toBeUndefined()
    expect(statSync(`${file}-lock`, { throwIfNoEntry: false })).toBeUndefined()
    expect(found(file)).toMatchObject({ lost: 0 })
  })

  test('and one may be kept aside, which stays as it was', async () => {
    const file = fileWith(Buffer.from('before'))
    const aside = `${file}.former`
    writeFileSync(aside, 'an earlier one')
    keepAside(file, aside)
    expect(readFileSync(aside, 'utf8')).toBe('before')
    await writeState(file, [a])
    expect(readFileSync(aside, 'utf8')).toBe('before')
  })
})
