import { expect, test } from 'vitest'
import { lookupsInChild } from '../../src/diagnose/lookup-process.ts'

const never = () => new AbortController().signal

test('names that are asked for together are each answered', async () => {
  const lookups = lookupsInChild()
  const names = Array.from({ length: 40 }, (_, at) => `127.0.0.${at + 1}`)
  const found = await Promise.all(names.map((name) => lookups(never()).lookupAll(name)))
  expect(found.map(([first]) => first?.address)).toEqual(names)
})

test('one that is given up rejects at once, and the others are answered', async () => {
  const lookups = lookupsInChild()
  const stop = new AbortController()
  const given = lookups(stop.signal).lookupAll('127.0.0.1')
  const other = lookups(never()).lookupAll('127.0.0.2')
  stop.abort()
  await expect(given).rejects.toMatchObject({ code: 'EAI_AGAIN' })
  expect(await other).toEqual([{ address: '127.0.0.2', family: 4 }])
  await expect(lookups(stop.signal).lookupAll('127.0.0.3')).rejects.toMatchObject({ code: 'EAI_AGAIN' })
})

test('a name is answered to all that ask for it, also after the process has ended', async () => {
  const lookups = lookupsInChild()
  const both = await Promise.all([lookups(never()).lookupAll('::1'), lookups(never()).lookupAll('::1')])
  expect(both.map(([first]) => first?.address)).toEqual(['::1', '::1'])
  expect((await lookups(never()).lookupAll('127.0.0.9'))[0]?.address).toBe('127.0.0.9')
})
