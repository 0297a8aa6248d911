import { readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { open } from 'lmdb'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { decodeEntry, type Entry, encodeEntry } from '../../src/engine/store/entry.ts'
import { leavesAnywhere, leavesOf, metasIn } from '../../src/engine/store/pages.ts'
import type { QuotaRecord } from '../../src/engine/store/records.ts'
import { readState, salvage } from '../../src/engine/store/state-file.ts'
import { StateGone, Store } from '../../src/engine/store/store.ts'
import { StateUnusable } from '../../src/engine/store/unusable.ts'
import { temporaryDirectory } from '../support/engine.ts'
import { wordsOf } from '../support/records.ts'

const PAGE = 4096
const byName = (entries: readonly Entry[]) =>
  Object.fromEntries(entries.map(({ key, value }) => [key.join(' '), value]))

async function openStore(file: string): Promise<Store> {
  const store = await Store.open(file)
  onTestFinished(() => store.close())
  return store
}

const quota = (id: string, limit: number): QuotaRecord => ({ region: 'us-west-2', id, limit })
const putQuota = (store: Store, record: QuotaRecord) => store.change((change) => change.put('quota', record))
const event = (message: string, date = 1) => ({
  region: 'us-west-2',
  sourceType: 'cache-cluster' as const,
  sourceIdentifier: 'shop',
  event: { kind: 'other' as const, message },
  date,
})

test('what is written in many changes is read back, big records and events as well', async () => {
  const file = join(temporaryDirectory(), 'state.mdb')
  const first = await Store.open(file)
  for (let index = 0; index < 300; index++) putQuota(first, quota(`q${index}`, index))
  first.change((change) => {
    change.remove('quota', quota('q7', 7))
    change.put('quota', quota('q8', 88))
    change.put('quota', quota('x'.repeat(900), 1))
    change.addEvent(event('one'))
    change.addEvent({ ...event('two'), sourceIdentifier: 'y'.repeat(20_000) })
  })
  await first.close()
  const second = await openStore(file)
  expect(second.list('quota', 'us-west-2')).toHaveLength(300)
  expect(second.get('quota', 'us-west-2', 'q7')).toBeUndefined()
  expect(second.get('quota', 'us-west-2', 'q8')?.limit).toBe(88)
  expect(second.events('us-west-2').map(wordsOf)).toEqual(['one', 'two'])
  expect(second.eventsAfter(0).map(([number, told]) => [number, wordsOf(told)])).toEqual([[1, 'two']])
  second.change((change) => change.addEvent(event('three')))
  expect(second.eventsAfter(1).map(([number]) => number)).toEqual([2])
})

test('a change that throws leaves file and memory as they were', async () => {
  const file = join(temporaryDirectory(), 'state.mdb')
  const store = await openStore(file)
  putQuota(store, quota('a', 1))
  expect(() =>
    store.change((change) => {
      change.put('quota', quota('b', 2))
      throw new Error('no')
    }),
  ).toThrow('no')
  expect(store.all('quota')).toEqual([quota('a', 1)])
  expect(byName((await readState(file)) ?? [])).toEqual({ 'quota us-west-2 a': quota('a', 1) })
})

test('what was cleared, or is too old, is gone from the file as well', async () => {
  const file = join(temporaryDirectory(), 'state.mdb')
  const store = await openStore(file)
  store.change((change) => {
    change.addEvent(event('old', 1))
    change.addEvent(event('new', 5))
  })
  store.forgetEvents(5)
  expect(Object.keys(byName((await readState(file)) ?? []))).toEqual(['event 1'])
  putQuota(store, quota('a', 1))
  store.clear()
  expect(await readState(file)).toEqual([])
})

test('a change is refused when the file is gone, or another is in its place', async () => {
  const directory = temporaryDirectory()
  const file = join(directory, 'state.mdb')
  const store = await openStore(file)
  let told = 0
  store.onGone(() => told++)
  const other = join(directory, 'other')
  await (await Store.open(other)).close()
  renameSync(other, file)
  expect(() => putQuota(store, quota('a', 1))).toThrow(StateGone)
  expect(store.all('quota')).toEqual([])
  expect(() => putQuota(store, quota('a', 1))).toThrow(StateGone)
  expect(told).toBe(1)
})

test('a state of before there were checksums is taken over', async () => {
  const file = join(temporaryDirectory(), 'state.mdb')
  const former = open<unknown, string[]>({ path: file, noSubdir: true })
  await former.put(['version'], 1)
  await former.put(['holder'], { pid: 1, processStart: '', url: '' })
  await former.put(['quota', 'us-west-2', 'a'], quota('a', 1))
  await former.close()
  const store = await Store.open(file)
  expect(store.all('quota')).toEqual([quota('a', 1)])
  await store.close()
  expect(byName((await readState(file)) ?? [])).toEqual({ 'quota us-west-2 a': quota('a', 1) })
})

describe('an entry', () => {
  test('is read as it was written', () => {
    const entries = fc.record({
      key: fc.array(fc.oneof(fc.string(), fc.integer()), { minLength: 1 }),
      value: fc.jsonValue(),
    })
    fc.assert(
      fc.property(entries, (entry) => {
        const plain = JSON.parse(JSON.stringify(entry)) as Entry
        expect(decodeEntry(encodeEntry(entry))).toEqual(plain)
      }),
    )
  })

  test('is not read with a bit that is another, or a part of it', () => {
    const bytes = encodeEntry({ key: ['quota', 'us-west-2', 'a'], value: quota('a', 1) })
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const other = Buffer.from(bytes)
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(decodeEntry(other)).toBeUndefined()
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeEntry(bytes.subarray(0, length))).toBeUndefined()
    }
  })
})

/** A state of some pages: records changed and removed over and over, values on pages of their own. */
async function busyState(file: string): Promise<void> {
  const store = await Store.open(file)
  for (let index = 0; index < 250; index++) {
    store.change((change) => {
      change.put('quota', quota(`q${index % 60}`, index))
      if (index % 5 === 0) change.remove('quota', quota(`q${(index + 30) % 60}`, 0))
      change.addEvent({ ...event(`change ${index}`), sourceIdentifier: 's'.repeat(index % 50 === 0 ? 9_000 : 100) })
    })
  }
  await store.close()
}

describe('a file that is damaged', () => {
  let whole: Buffer
  let wanted: ReturnType<typeof byName>

  beforeAll(async () => {
    const cleanUps: (() => void)[] = []
    const file = join(
      temporaryDirectory((work) => void cleanUps.push(work as () => void)),
      'state.mdb',
    )
    await busyState(file)
    whole = readFileSync(file)
    wanted = byName((await readState(file)) ?? [])
    return () => {
      for (const work of cleanUps) work()
    }
  })

  const damagedBy = (change: (bytes: Buffer) => Buffer): string => {
    const file = join(temporaryDirectory(), 'state.mdb')
    writeFileSync(file, change(Buffer.from(whole)))
    return file
  }

  const byte = fc.integer({ min: 0, max: 255 })
  const place = fc.nat()
  const damage = fc.oneof(
    fc.array(fc.tuple(place, byte), { minLength: 1, maxLength: 30 }).map((changes) => (bytes: Buffer) => {
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      return bytes
    }),
    fc.tuple(place, fc.nat(159), byte).map(([page, at, value]) => (bytes: Buffer) => {
      bytes[(page % (bytes.length / PAGE)) * PAGE + at] = value
      return bytes
    }),
    fc.tuple(place, byte).map(([page, value]) => (bytes: Buffer) => {
      const start = (page % (bytes.length / PAGE)) * PAGE
      return bytes.fill(value, start, start + PAGE)
    }),
    fc.tuple(place, place).map(([from, to]) => (bytes: Buffer) => {
      const pages = bytes.length / PAGE
      bytes.copyWithin((to % pages) * PAGE, (from % pages) * PAGE, ((from % pages) + 1) * PAGE)
      return bytes
    }),
    place.map((length) => (bytes: Buffer) => bytes.subarray(0, length % bytes.length)),
  )

  test('is refused, or all of it is right, whatever the damage', async () => {
    let refused = 0
    await fc.assert(
      fc.asyncProperty(damage, async (change) => {
        const file = damagedBy(change)
        try {
          expect(byName((await readState(file)) ?? [])).toEqual(wanted)
        } catch (error) {
          expect(error).toBeInstanceOf(StateUnusable)
          refused++
        }
        expect(salvage(file).entries.every(({ key }) => ['quota', 'event'].includes(String(key[0])))).toBe(true)
      }),
      { numRuns: 150 },
    )
    expect(refused).toBeGreaterThan(25)
  })

  test('is read by nothing that leaves its bounds, also where it is no file of LMDB', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 * PAGE }), fc.nat(20), (bytes, root) => {
        const file = Buffer.from(bytes)
        metasIn(file)
        leavesOf(file, { pageSize: 512, transaction: 1n, lastPage: 20, root })
        leavesAnywhere(file, 512)
      }),
    )
  })

  const refusal = (change: (bytes: Buffer) => Buffer) => readState(damagedBy(change))

  test.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    ['empty', () => Buffer.alloc(0), /it is empty/],
    ['full of zeros', (bytes) => bytes.fill(0), /not a store of cachectl/],
    ['cut off by a page', (bytes) => bytes.subarray(0, bytes.length - PAGE), /it has \d+ bytes of \d+/],
    ['cut off by a byte', (bytes) => bytes.subarray(0, bytes.length - 1), /it has \d+ bytes of \d+/],
    ['without its first page', (bytes) => bytes.fill(0, 0, PAGE), /its beginning is damaged/],
    ['without its second page', (bytes) => bytes.fill(0, PAGE, 2 * PAGE), /its beginning is damaged/],
  ])('%s is refused', async (_, change, message) => {
    await expect(refusal(change)).rejects.toThrow(message)
  })

  test('whose newest state looks older than the one before it is not taken for that', async () => {
    const change = (bytes: Buffer) => {
      const newest = metasIn(bytes)[0]?.transaction as bigint // a state has first pages
      bytes.writeBigUInt64LE(newest - 2n, Number(newest & 1n) * PAGE + 152)
      return bytes
    }
    const file = damagedBy(change)
    await expect(readState(file)).rejects.toThrow(/its beginning is damaged/)
    expect(byName(salvage(file).entries)).toEqual(wanted)
  })

  test('whose newest root is that of an older state is not taken for that', async () => {
    await expect(
      refusal((bytes) => {
        const [newest, other] = metasIn(bytes)
        bytes.writeBigUInt64LE(BigInt(other?.root ?? 0), Number((newest?.transaction as bigint) & 1n) * PAGE + 136)
        return bytes
      }),
    ).rejects.toThrow(/its beginning is damaged/)
  })

  test('in one record gives up all others, and names it', async () => {
    const file = damagedBy((bytes) => {
      const [meta] = metasIn(bytes)
      const leaf = meta && leavesOf(bytes, meta).find(({ value }) => value.includes('"id":"q11"'))
      if (leaf) leaf.value[leaf.value.length - 3] = 0x21
      return bytes
    })
    await expect(readState(file)).rejects.toThrow(/of \d+ records \d+ are whole/)
    const { lostKeys, mayBeOld, entries } = salvage(file)
    expect(lostKeys.map((key) => key.toString())).toContain('quota\0us-west-2\0q11')
    const { 'quota us-west-2 q11': older, ...rest } = byName(entries)
    const { 'quota us-west-2 q11': _, ...wantedRest } = wanted
    expect(rest).toMatchObject(wantedRest)
    // Pages that are no longer in use may still have it as it was.
    if (older) expect(mayBeOld).toBe(true)
  })

  test('of which nothing can be read gives nothing, and no number', () => {
    expect(salvage(damagedBy((bytes) => bytes.fill(0)))).toMatchObject({ entries: [], lost: undefined })
  })
})

test('a file that is shorter than it was at its last change but one is refused though no record is missing', async () => {
  const file = join(temporaryDirectory(), 'state.mdb')
  const store = await Store.open(file)
  for (let index = 0; index < 100; index++) store.change((change) => change.addEvent(event('e'.repeat(500))))
  store.clear()
  putQuota(store, quota('a', 1))
  await store.close()
  const { length } = readFileSync(file)
  truncateSync(file, length - PAGE)
  await expect(readState(file)).rejects.toThrow(/it has \d+ bytes of \d+/)
})
