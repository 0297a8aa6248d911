import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expandTargets, parsePorts } from '../../src/diagnose/target-list.ts'

describe('targets as nping takes them, and IPv6 beside them', () => {
  test.each([
    ['cache.test', ['cache.test']],
    ['cache.test:11211', ['cache.test:11211']],
    ['127.0.0.1:80,443', ['127.0.0.1:80', '127.0.0.1:443']],
    ['127.0.0.1:18100-18102', ['127.0.0.1:18100', '127.0.0.1:18101', '127.0.0.1:18102']],
    ['10.0.0.5/30:1', ['10.0.0.4:1', '10.0.0.5:1', '10.0.0.6:1', '10.0.0.7:1']],
    ['10.0.0-1.2,4', ['10.0.0.2', '10.0.0.4', '10.0.1.2', '10.0.1.4']],
    ['::1', ['::1']],
    ['[::1]:11211,11212', ['[::1]:11211', '[::1]:11212']],
    ['[2001:db8::/127]:5', ['[2001:db8:0:0:0:0:0:0]:5', '[2001:db8:0:0:0:0:0:1]:5']],
  ])('%s', (text, targets) => {
    expect(expandTargets([text])).toEqual({ ok: true, targets })
  })

  test('ports given for all go to those that name none', () => {
    const targets = ['10.0.0.1:7', '10.0.0.2:1', '10.0.0.2:2', '[::1]:1', '[::1]:2']
    expect(expandTargets(['10.0.0.1:7', '10.0.0.2', '::1'], '1-2')).toEqual({ ok: true, targets })
  })

  test.each([
    ['10.0.0.0/8', 'more than 4096'],
    ['2001:db8::/64', 'more than 4096'],
    ['10.0.0.300-400', 'not an address or a range'],
    ['0177.0.0.1', 'not an address or a range'],
    ['10.0.0.1-024', 'not an address or a range'],
    ['0177.0.0.0/30', 'not a network'],
    ['127.0.0.1:0', 'not a port'],
    ['127.0.0.1:9-5', 'not a port'],
    ['127.0.0.1:1-65535', 'more than 4096'],
  ])('%s is refused: %s', (text, why) => {
    expect(expandTargets([text])).toEqual({ ok: false, detail: expect.stringContaining(why) })
  })

  test('whatever is typed, nothing is thrown', () => {
    fc.assert(fc.property(fc.string(), (text) => void expandTargets([text], text)))
    expect(parsePorts('')).toContain('not a port')
  })
})
