import fc from 'fast-check'
import { expect, test } from 'vitest'
import { engines, familyOf } from '../../../src/api/catalog/engines.ts'
import { compareVersions, isAtLeast, isOlder } from '../../../src/api/catalog/versions.ts'

const anyVersion = fc.array(fc.nat(40), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'))

test('versions are compared by their numbers', () => {
  expect(isOlder('1.6.6', '1.6.12')).toBe(true)
  expect(isOlder('1.6.12', '1.6.12')).toBe(false)
  expect(isOlder('1.10.0', '1.6.12')).toBe(false)
  expect(isAtLeast('1.10.0', '1.6.12')).toBe(true)
  expect(compareVersions('7', '7.0.0')).toBe(0)
})

test('what is no version is neither older nor newer than one', () => {
  expect(isOlder('newest', '1.6.12')).toBe(false)
  expect(isAtLeast('newest', '1.6.12')).toBe(false)
})

test('any two versions are ordered, one way round', () => {
  fc.assert(
    fc.property(anyVersion, anyVersion, (a, b) => {
      expect(compareVersions(a, b) + compareVersions(b, a)).toBe(0)
      expect(isAtLeast(a, b)).toBe(!isOlder(a, b))
    }),
  )
})

const FAMILIES = /^(?:memcached1\.[456]|redis(?:4\.0|5\.0|6\.x|7)|valkey[789])$/

test('an engine lists its versions from the newest to the oldest, and each has its family', () => {
  for (const engine of Object.values(engines)) {
    const sorted = [...(engine?.versions ?? [])].sort((a, b) => compareVersions(b, a))
    expect(engine?.versions).toEqual(sorted)
    for (const version of sorted) expect(engine && familyOf(engine, version)).toMatch(FAMILIES)
  }
})
