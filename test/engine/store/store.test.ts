import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { EventRecord, ServiceEvent } from '../../../src/engine/store/records.ts'
import { Store } from '../../../src/engine/store/store.ts'
import { temporaryDirectory } from '../../support/engine.ts'
import { clusterRecord, wordsOf } from '../../support/records.ts'

/** A store, and what is found in its file by whoever opens it after it has been closed. */
async function openStore() {
  const file = join(temporaryDirectory(), 'state.mdb')
  let store = await Store.open(file)
  onTestFinished(() => store.close())
  const again = async () => {
    await store.close()
    store = await Store.open(file)
    return store
  }
  return { store, again }
}

const event = (message: string, more: Partial<ServiceEvent> = {}): ServiceEvent => ({
  region: 'us-west-2',
  sourceType: 'cache-cluster',
  sourceIdentifier: 'shop',
  event: { kind: 'other', message },
  date: 1,
  ...more,
})
const quota = (id: string, limit: number, region = 'us-west-2') => ({ region, id, limit })
const messages = (events: readonly EventRecord[]) => events.map(wordsOf)

/** What is true of a store is true of the next that opens its file. */
async function inBoth({ store, again }: Awaited<ReturnType<typeof openStore>>, check: (store: Store) => void) {
  check(store)
  check(await again())
}

test('a record is found by kind, region and id, as it was last put', async () => {
  const opened = await openStore()
  opened.store.change((change) => {
    change.put('quota', quota('a', 1))
    change.put('quota', quota('a', 2, 'eu-west-1'))
    change.put('cluster', clusterRecord({ id: 'a' }))
  })
  opened.store.change((change) => change.put('quota', quota('a', 3)))
  await inBoth(opened, (store) => {
    expect(store.get('quota', 'us-west-2', 'a')).toEqual(quota('a', 3))
    expect(store.get('quota', 'eu-west-1', 'a')).toEqual(quota('a', 2, 'eu-west-1'))
    expect(store.get('cluster', 'us-west-2', 'a')).toEqual(clusterRecord({ id: 'a' }))
    expect(store.get('quota', 'us-west-2', 'b')).toBeUndefined()
  })
})

test('lists are in the order of ids, and of today', async () => {
  const opened = await openStore()
  const ids = (store: Store) => store.list('quota', 'us-west-2').map(({ id }) => id)
  expect(ids(opened.store)).toEqual([])
  opened.store.change((change) => {
    for (const id of ['m', 'z', 'a']) change.put('quota', quota(id, 1))
    change.put('quota', quota('x', 1, 'eu-west-1'))
  })
  expect(ids(opened.store)).toEqual(['a', 'm', 'z'])
  expect(opened.store.list('quota', 'us-west-2')).toBe(opened.store.list('quota', 'us-west-2'))
  opened.store.change((change) => change.put('quota', quota('b', 1)))
  expect(ids(opened.store)).toEqual(['a', 'b', 'm', 'z'])
  opened.store.change((change) => change.remove('quota', quota('m', 1)))
  await inBoth(opened, (store) => {
    expect(ids(store)).toEqual(['a', 'b', 'z'])
    expect(
      store
        .all('quota')
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['a', 'b', 'x', 'z'])
    expect(store.all('cluster')).toEqual([])
  })
})

describe('a change', () => {
  test('is found whole by the next that opens the file, whatever it and others before it made of a record', async () => {
    const { store, again } = await openStore()
    store.change((change) => {
      for (const id of ['kept', 'changed', 'removed', 'back']) change.put('quota', quota(id, 1))
      change.put('quota', quota('kept', 2))
    })
    store.change((change) => change.remove('quota', quota('back', 1)))
    store.change((change) => change.put('quota', quota('back', 3)))
    const second = await again()
    second.change((change) => {
      change.put('quota', quota('changed', 4))
      change.put('quota', quota('changed', 5))
      change.remove('quota', quota('removed', 1))
      change.remove('quota', quota('never', 1))
    })
    const limits = (await again()).list('quota', 'us-west-2').map(({ id, limit }) => [id, limit])
    expect(limits).toEqual([
      ['back', 3],
      ['changed', 5],
      ['kept', 2],
    ])
  })

  test('that throws has not happened', async () => {
    const opened = await openStore()
    opened.store.change((change) => change.put('quota', quota('a', 1)))
    expect(() =>
      opened.store.change((change) => {
        change.put('quota', quota('a', 2))
        change.remove('quota', quota('a', 1))
        change.addEvent(event('never'))
        throw new Error('no')
      }),
    ).toThrow('no')
    await inBoth(opened, (store) => {
      expect(store.get('quota', 'us-west-2', 'a')).toEqual(quota('a', 1))
      expect(store.events('us-west-2')).toEqual([])
    })
  })

  test('of a record that cannot be stored has not happened either', async () => {
    const opened = await openStore()
    const id = 'x'.repeat(5_000)
    expect(() =>
      opened.store.change((change) => {
        change.put('quota', quota('a', 1))
        change.put('quota', quota(id, 1))
      }),
    ).toThrow(expect.not.objectContaining({ code: 'ENOSPC' }))
    expect(opened.store.get('quota', 'us-west-2', 'a')).toBeUndefined()
    expect(opened.store.get('quota', 'us-west-2', id)).toBeUndefined()
  })
})

describe('events', () => {
  test('of a region are there in their order, also after a restart', async () => {
    const opened = await openStore()
    opened.store.change((change) => {
      for (let number = 0; number < 12; number++) change.addEvent(event(`event ${number}`))
      change.addEvent(event('elsewhere', { region: 'eu-west-1' }))
    })
    const expected = Array.from({ length: 12 }, (_, number) => `event ${number}`)
    await inBoth(opened, (store) => {
      expect(messages(store.events('us-west-2'))).toEqual(expected)
      expect(messages(store.events('eu-west-1'))).toEqual(['elsewhere'])
      expect(store.events('ap-south-1')).toEqual([])
    })
  })

  test('are in their order also where they fill many pages', async () => {
    const { store, again } = await openStore()
    const expected = Array.from({ length: 1_500 }, (_, number) => `event ${number} of a cluster with a name`)
    store.change((change) => {
      for (const message of expected) change.addEvent(event(message))
    })
    expect(messages((await again()).events('us-west-2'))).toEqual(expected)
    const third = await again()
    third.change((change) => change.addEvent(event('last')))
    expect(messages((await again()).events('us-west-2'))).toEqual([...expected, 'last'])
  })

  test('have numbers that grow, and go on growing after a restart', async () => {
    const { store, again } = await openStore()
    const told: [number, string][] = []
    store.onEvents(
      (each) => event(`${wordsOf(each)}!`),
      (number, each) => told.push([number, wordsOf(each)]),
    )
    store.change((change) => {
      change.addEvent(event('a'))
      change.addEvent(event('b'))
    })
    store.change((change) => change.addEvent(event('c')))
    const [[first = 0] = []] = told
    expect(told).toEqual([
      [first, 'a!'],
      [first + 1, 'b!'],
      [first + 2, 'c!'],
    ])
    expect(messages(store.events('us-west-2'))).toEqual(['a!', 'b!', 'c!'])
    const next = await again()
    next.change((change) => change.addEvent(event('d')))
    const after = (number: number) => next.eventsAfter(number).map(([each, after]) => [each, wordsOf(after)])
    expect(after(first)).toEqual([
      [first + 1, 'b!'],
      [first + 2, 'c!'],
      [first + 3, 'd'],
    ])
    expect(after(first - 1)).toHaveLength(4)
    expect(after(first + 3)).toEqual([])
  })

  test('are told of once they are stored, addressed while the records are still as they were', async () => {
    const { store } = await openStore()
    const seen: unknown[] = []
    const limit = () => store.get('quota', 'us-west-2', 'a')?.limit
    store.onEvents(
      (each) => {
        seen.push(['address', limit()])
        return each
      },
      () => seen.push(['tell', limit(), store.eventsAfter(-1).length]),
    )
    store.change((change) => {
      change.put('quota', quota('a', 1))
      change.addEvent(event('a'))
    })
    expect(seen).toEqual([
      ['address', undefined],
      ['tell', 1, 1],
    ])
  })

  test('older than a date are forgotten, that of the date itself is not', async () => {
    const opened = await openStore()
    opened.store.change((change) => {
      for (const date of [5, 1, 3]) change.addEvent(event(String(date), { date }))
      change.addEvent(event('1', { date: 1, region: 'eu-west-1' }))
      change.put('quota', quota('a', 1))
    })
    opened.store.forgetEvents(3)
    await inBoth(opened, (store) => {
      expect(messages(store.events('us-west-2'))).toEqual(['5', '3'])
      expect(store.events('eu-west-1')).toEqual([])
      expect(store.eventsAfter(-1)).toHaveLength(2)
      expect(store.get('quota', 'us-west-2', 'a')).toBeDefined()
    })
  })
})

test('cleared, a store has no records and no events, and takes new ones', async () => {
  const opened = await openStore()
  opened.store.change((change) => {
    change.put('quota', quota('a', 1))
    change.put('cluster', clusterRecord())
    change.addEvent(event('a'))
  })
  expect(opened.store.list('quota', 'us-west-2')).toHaveLength(1)
  opened.store.clear()
  expect(opened.store.list('quota', 'us-west-2')).toEqual([])
  opened.store.change((change) => change.put('quota', quota('b', 1)))
  await inBoth(opened, (store) => {
    expect(store.list('quota', 'us-west-2')).toEqual([quota('b', 1)])
    expect(store.all('cluster')).toEqual([])
    expect(store.events('us-west-2')).toEqual([])
    expect(store.eventsAfter(-1)).toEqual([])
  })
})
