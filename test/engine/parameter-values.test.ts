import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memcached } from '../../src/api/catalog/engines.ts'
import { nodeTypes } from '../../src/api/catalog/node-types.ts'
import { incompatibility } from '../../src/engine/families/memcached/memory.ts'
import { optionsOf } from '../../src/engine/families/memcached/node-options.ts'
import { PARAMETERS, type ParameterName } from '../../src/engine/families/memcached/parameters.ts'
import { needsReboot, readValue, valuesInForce } from '../../src/engine/parameters/values.ts'

const PARAMETER_NAMES = Object.keys(PARAMETERS) as ParameterName[]

test.each(PARAMETER_NAMES)('the default of %s is a value it allows, in the form it is stored in', (name) => {
  expect(readValue(PARAMETERS[name], PARAMETERS[name].default)).toBe(PARAMETERS[name].default)
})

test('nodes of every type start with the defaults, in every engine version', () => {
  for (const version of memcached.versions) {
    for (const type of nodeTypes.values()) expect(incompatibility({}, version, type), type.name).toBeUndefined()
  }
})

describe('whatever text is given', () => {
  const anyText = fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String))
  const anyValues = fc.array(fc.tuple(fc.constantFrom(...PARAMETER_NAMES), anyText)).map((pairs) =>
    Object.fromEntries(
      pairs.flatMap(([name, text]) => {
        const value = readValue(PARAMETERS[name], text)
        return value === undefined ? [] : [[name, value]]
      }),
    ),
  )
  const anyVersion = fc.constantFrom(...memcached.versions)

  test('a value that is taken is taken again in the form it is stored in', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PARAMETER_NAMES), anyText, (name, text) => {
        const value = readValue(PARAMETERS[name], text)
        if (value !== undefined) expect(readValue(PARAMETERS[name], value)).toBe(value)
      }),
    )
  })

  test('options of a node are never NaN, and the same values never wait for a reboot', () => {
    fc.assert(
      fc.property(anyValues, anyVersion, (values, version) => {
        for (const option of Object.values(optionsOf(values, version))) expect(option).not.toBeNaN()
        expect(needsReboot(PARAMETERS, values, values, version)).toBe(false)
      }),
    )
  })

  test('what is in force differs from what a node started with in immediate parameters only', () => {
    fc.assert(
      fc.property(anyValues, anyValues, anyVersion, (started, wanted, version) => {
        const { watchEnabled: _, ...before } = optionsOf(started, version)
        const { watchEnabled, ...after } = optionsOf(valuesInForce(PARAMETERS, started, wanted), version)
        expect(after).toEqual(before)
        expect(watchEnabled).toBe(optionsOf(wanted, version).watchEnabled)
      }),
    )
  })
})
