import type { EngineName } from '../../../../src/api/catalog/engines.ts'
import type { Family } from '../../../../src/engine/families/family.ts'
import { counted, metric } from '../../../../src/engine/families/metric.ts'
import { type AbacusSettings, READINGS } from './program.ts'

const MIB = 2 ** 20

/** An engine that nobody has: frames of rods with beads on them. */
export const abacus: Family<'rods' | 'beads'> = {
  engine: {
    name: 'abacus' as EngineName, // the API has no such engine
    versions: ['2.0', '1.1', '1.0'],
    familyParts: 1,
    port: 4242,
    mostNodes: 2,
    ipv6Since: '1.0',
    tlsSince: '2.0',
    scalingSince: '1.0',
  },
  parameters: {
    rods: {
      default: '13',
      type: 'integer',
      allowed: '1-27',
      change: 'requires-reboot',
      since: '1.0',
      description: 'Rods of a frame.',
    },
    beads: {
      default: '5',
      type: 'integer',
      allowed: '4-7',
      change: 'immediate',
      since: '2.0',
      description: 'Beads on a rod.',
    },
  },
  nodeTypeParameters: [],
  defaultValues: () => ({}),
  memoryForItems: (_values, _version, { maxCacheMemory }) => maxCacheMemory * MIB,
  incompatibility: ({ rods, beads }) =>
    rods === '27' && beads === '7' ? 'No frame holds 27 rods of 7 beads.' : undefined,
  programs: {
    embedded: {
      settings({ rods = '13', beads = '5' }) {
        const settings: AbacusSettings = { program: 'abacus', rods: Number(rods), live: { beads: Number(beads) } }
        return settings as never // the worker's table of programs has a row more than the engine's
      },
    },
  },
  metrics: { name: 'abacus', readings: READINGS, metrics: [metric('CmdGet', counted('questions'))] },
  refusals: { AuthToken: ['InvalidParameterValue', (value) => `No abacus knows ${value}.`] },
}
