import { expect, test } from 'vitest'
import { engines } from '../../src/api/catalog/engines.ts'
import { nodeTypes } from '../../src/api/catalog/node-types.ts'
import { findFamily } from '../../src/engine/families/families.ts'
import { type Family, refuseUnsupported } from '../../src/engine/families/family.ts'

const MIB = 2 ** 20

/** Made up: an engine of two parameters, whose nodes are started with options of their own. */
const abacus: Family<'rods' | 'beads', { readonly rods: number; readonly beads: number }> = {
  engine: {
    name: 'valkey',
    versions: ['2.0', '1.0'],
    familyParts: 1,
    port: 4242,
    ipv6Since: '1.0',
    tlsSince: '2.0',
    scalingSince: '1.0',
  },
  parameters: {
    rods: { default: '13', type: 'integer', allowed: '1-27', change: 'requires-reboot', since: '1.0', description: '' },
    beads: { default: '5', type: 'integer', allowed: '4-7', change: 'immediate', since: '2.0', description: '' },
  },
  nodeTypeParameters: [],
  defaultValues: () => ({}),
  incompatibility: () => undefined,
  optionsOf: ({ rods = '13', beads = '5' }, version) => ({
    rods: Number(rods),
    beads: version === '1.0' ? 5 : Number(beads),
  }),
  memoryForItems: (_values, _version, { maxCacheMemory }) => maxCacheMemory * MIB,
  refusals: { AuthToken: ['InvalidParameterValue', (value) => `No abacus knows ${value}.`, (value) => value === ''] },
}

test('every engine with a row in the catalog has a family, by its name in any case', () => {
  for (const name of Object.keys(engines)) expect(findFamily(name.toUpperCase())?.engine).toBe(engines[name])
  expect(findFamily('redis')).toBeUndefined()
})

test('a family of two parameters decides what its nodes run with', () => {
  const type = nodeTypes.get('cache.t4g.micro')
  if (!type) throw new Error('no such type')
  expect(abacus.optionsOf({ rods: '20', beads: '7' }, '2.0')).toEqual({ rods: 20, beads: 7 })
  expect(abacus.optionsOf({ beads: '7' }, '1.0')).toEqual({ rods: 13, beads: 5 })
  expect(abacus.memoryForItems({}, '2.0', type)).toBe(type.maxCacheMemory * MIB)
})

test('each family refuses its own members, unless their value is harmless', () => {
  const memcached = findFamily('memcached')
  if (!memcached) throw new Error('no family of memcached')
  expect(() => refuseUnsupported({ AuthToken: 'x' }, abacus)).toThrow('No abacus knows x.')
  expect(() => refuseUnsupported({ AuthToken: '', SnapshotWindow: '1' }, abacus)).not.toThrow()
  expect(() => refuseUnsupported({ SnapshotWindow: '1' }, memcached)).toThrow('not supported for engine memcached')
})
