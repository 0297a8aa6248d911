import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>
}
const installed = Object.entries(packages).filter(([path]) => path !== '')

test('every package of the lockfile says what its archive has to be', () => {
  const without = installed.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''))
  expect(without.map(([path]) => path)).toEqual([])
})

test('the native parts of every platform are in the lockfile', () => {
  const named = installed.flatMap(([, { optionalDependencies = {} }]) => Object.keys(optionalDependencies))
  expect(named.filter((name) => packages[`node_modules/${name}`] === undefined)).toEqual([])
})
