import { expect, test } from 'vitest'
import { filesAsked, readCommandLine } from '../../src/tools/conformance/command-line.ts'
import { EXCEPTIONS, MOST_EXCEPTIONS } from '../../src/tools/conformance/exceptions.ts'
import { judge, readTcl } from '../../src/tools/conformance/outcome.ts'

const PRINTED = [
  '[ready]: 1234',
  '[ok]: SET and GET an item (1 ms)',
  '[ok]: DEL against a single item (0 ms)',
  "[err]: KEYS with pattern in tests/unit/keyspace.tcl\nExpected 'a' to be equal to 'b'",
  '[err]: verify reply buffer limits in tests/unit/replybufsize.tcl',
  '[ignore]: large data: large memory flag not provided',
].join('\n')

test('what a suite has printed is told by what became of each test', () => {
  expect(readTcl('unit/keyspace', PRINTED, 3, 'bad')).toEqual({
    file: 'unit/keyspace',
    passed: 2,
    failed: ['KEYS with pattern', 'verify reply buffer limits'],
    skipped: 1,
    seconds: 3,
  })
})

test('a test that hangs is told by its name, and so is what ended a suite', () => {
  const hanging = `${PRINTED}\n[TIMEOUT]: clients state report follows.\nsock55 => (IN PROGRESS) BLPOP waits\n`
  expect(readTcl('f', hanging, 60, 'bad').stuck).toBe('BLPOP waits')
  expect(readTcl('f', '[ok]: first (0 ms)\n', 60, 'late').stuck).toBe('after [ok]: first (0 ms)')
  expect(readTcl('f', 'no tclsh', 0, 'bad').stuck).toBe('after nothing')
  expect(readTcl('f', '[exception]: Executing test client: x', 0, 'bad').stuck).toContain('Executing test client')
})

test('what is listed is expected to fail, all else is not', () => {
  const way = { name: 'debug', node: [], suite: [], bar: 3 }
  const verdict = judge('redis', way, [readTcl('unit/keyspace', PRINTED, 3, 'bad')])
  expect(verdict).toMatchObject({ passed: 2, bar: 3, expected: [{ test: 'verify reply buffer limits' }] })
  expect(verdict.unexpected).toEqual([{ file: 'unit/keyspace', test: 'KEYS with pattern' }])
})

test('few tests are listed as those that can’t pass, each with its reason', () => {
  expect(EXCEPTIONS.length).toBeLessThanOrEqual(MOST_EXCEPTIONS)
  expect(EXCEPTIONS.every(({ reason }) => reason.length > 20)).toBe(true)
})

test.each([
  [[], /No suite ''. There are: redis, valkey, memcached/],
  [['nginx'], /No suite 'nginx'/],
  [['redis', 'valkey'], /One suite at a time/],
  [['valkey', '--way', 'sideways'], /No way 'sideways' of valkey. There are: external, debug, cluster/],
  [['redis', '--output', 'xml'], /No output 'xml'/],
  [['redis', '--server', 'no-such-server'], /There is no program 'no-such-server'/],
  [['redis', '--sources', '/dev'], /there is no tests\/test_helper.tcl in '\/dev'/],
  [['redis', '--fast'], /--fast/],
  [['redis', '--only'], /--only/],
])('%j is no command line, and it is said why', (words, why) => {
  expect(() => readCommandLine(words)).toThrow(why)
})

test('files are asked for by their names', () => {
  const asked = readCommandLine(['redis', '--only', 'unit/b', '--only', 'unit/a'])
  expect(filesAsked(['unit/a', 'unit/b', 'unit/c'], asked)).toEqual(['unit/a', 'unit/b'])
  expect(() => filesAsked(['unit/a'], asked)).toThrow(/No file 'unit\/b' in the suite of redis. There are: unit\/a/)
})
