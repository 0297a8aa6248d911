import { expect, test } from 'vitest'
import { engines } from '../../../src/api/catalog/engines.ts'
import { findFamily } from '../../../src/engine/families/families.ts'
import { refuseUnsupported } from '../../../src/engine/families/family.ts'
import { readSources } from '../../../src/tools/house.ts'

test('every engine with a row in the catalog has a family, by its name in any case', () => {
  for (const name of Object.keys(engines)) expect(findFamily(name.toUpperCase())?.engine).toBe(engines[name])
  expect(findFamily('oracle')).toBeUndefined()
})

test('each family refuses its own members, unless their value is harmless', () => {
  const refusals = { AuthToken: ['InvalidParameterValue', (value: unknown) => `No abacus knows ${value}.`] } as const
  const memcached = findFamily('memcached')
  if (!memcached) throw new Error('no family of memcached')
  expect(() => refuseUnsupported({ AuthToken: 'x' }, { refusals })).toThrow('No abacus knows x.')
  expect(() => refuseUnsupported({ SnapshotWindow: '1' }, { refusals })).not.toThrow()
  expect(() => refuseUnsupported({ SnapshotWindow: '1' }, memcached)).toThrow('not supported for engine memcached')
  expect(() => refuseUnsupported({ SnapshotRetentionLimit: 0 }, memcached)).not.toThrow()
})

test('no other room of the engine asks which engine it is, or knows one family by its name', () => {
  const asks =
    /[!=]== ?'(memcached|redis|valkey)'|import \{[^}]*\b(memcached|redis|valkey)\b[^}]*\} from '[./]*api\/catalog\/engines/
  const imports = /from '[./]*families\/(memcached|redis|valkey)\//
  // Users and user groups are of Redis OSS or of Valkey, which no family says yet.
  const knowing = /^engine\/(families|nodes\/(memcached|redis)|workloads\/users)\//
  const files = [...readSources()].filter(([path]) => path.startsWith('engine/') && !knowing.test(path))
  expect(files.length).toBeGreaterThan(100)
  expect(files.filter(([, text]) => asks.test(text) || imports.test(text)).map(([path]) => path)).toEqual([])
})
