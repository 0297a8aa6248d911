import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refuseUnfit, wholeWishes, wishesOf, wishOf } from '../../../src/cli/commands/diagnose/wishes.ts'

describe('wishes of discover', () => {
  test.each([
    ['ipv6', { family: 'ipv6' }],
    ['version 5', { version: 5 }],
    ['nodes=3, agreed', { expect: 3 }],
    ['shards 3,replicas:1', { shards: 3, replicas: 1 }],
    ['replicas 0', { replicas: 0 }],
    ['primary', { primaries: [] }],
    ['primary shop-002', { primaries: ['shop-002'] }],
    ['primary [::1]:6379', { primaries: ['[::1]:6379'] }],
    ['primary cart-0001-002,primary=10.0.0.1:6379', { primaries: ['cart-0001-002', '10.0.0.1:6379'] }],
  ])('%s is understood', (said, wishes) => {
    expect(wishesOf(said)).toEqual(wishes)
  })

  test.each(['ipv5', 'version', 'nodes x', 'nodes 0', 'shards 0', 'agreed 3', 'ipv4 2', 'constructor', ''])(
    '%j is refused',
    (said) => {
      expect(() => wishesOf(said)).toThrow('argument --until')
    },
  )

  test('any of them is read the same with a blank, = or : before what stands behind', () => {
    const word = fc.constantFrom('version', 'nodes', 'shards', 'replicas')
    fc.assert(
      fc.property(word, fc.integer({ min: 1, max: 1e6 }), (name, number) => {
        const [first, ...others] = [' ', '=', ':'].map((sign) => JSON.stringify(wishesOf(`${name}${sign}${number}`)))
        expect(others).toEqual([first, first])
      }),
    )
  })

  test('--expect is another word for nodes, and nothing said is no wish', () => {
    expect(wishOf({ until: { shards: 2 }, expect: 4 })).toEqual({ shards: 2, expect: 4 })
    expect(wishOf({})).toBeUndefined()
  })

  test.each([
    ['shop --until version 5', 'shop|--until=version 5'],
    ['shop --until=nodes 3 --watch', 'shop|--until=nodes 3|--watch'],
    ['shop --until ipv4,replicas 2', 'shop|--until=ipv4,replicas 2'],
    ['shop --until primary shop-002', 'shop|--until=primary shop-002'],
    ['--until primary shop-002 shop', '--until=primary shop-002|shop'],
    // Without another word, it is the place.
    ['--until primary shop', '--until|primary|shop'],
    ['shop --until primary --watch', 'shop|--until|primary|--watch'],
    ['--until agreed shop', '--until|agreed|shop'],
  ])('%s', (line, words) => {
    expect(wholeWishes(line.split(' ')).join('|')).toBe(words)
  })

  test.each([
    ['shards 2', 'list', 'neither shards nor roles'],
    ['primary', 'list', 'neither shards nor roles'],
    ['version 2', 'group', 'no list with a version'],
  ] as const)('%s is refused where a %s tells', (said, tells, why) => {
    expect(() => refuseUnfit(wishesOf(said), 'shop', tells)).toThrow(why)
  })

  test.each(['list', 'group'] as const)('what all caches have can be wished of a %s', (tells) => {
    expect(() => refuseUnfit(wishesOf('ipv4,nodes 3,agreed'), 'shop', tells)).not.toThrow()
  })
})
