import { describe, expect, test } from 'vitest'
import { text, texts, toggle } from '../../src/cli/flags.ts'
import { parseArguments } from '../../src/cli/parse.ts'

const wording = { summary: '' }
const flags = {
  name: text(wording),
  network: text(wording),
  'node-ids': texts(wording),
  apply: toggle(wording, true),
  wait: toggle(wording),
  count: text({ summary: '', char: 'c' }),
}
const ANY = { names: ['<where>...'], atLeast: 0, atMost: Number.POSITIVE_INFINITY }
const read = (...argv: string[]) => parseArguments(argv, flags, ANY)

describe('as argparse reads it', () => {
  test.each<[string[], Record<string, unknown>, string[]]>([
    [['--name', 'x'], { name: 'x' }, []],
    [['--name=x=y'], { name: 'x=y' }, []],
    [['--name='], { name: '' }, []],
    [['--name', 'x', '--name', 'y'], { name: 'y' }, []],
    [['--node-ids', '1', '2', '--wait'], { 'node-ids': ['1', '2'], wait: true }, []],
    [['--node-ids'], { 'node-ids': [] }, []],
    [['--node-ids', '--count', '3', '--wait'], { 'node-ids': [], count: '3', wait: true }, []],
    [['--node-ids', '1', '2', '--node-ids', '3'], { 'node-ids': ['1', '2', '3'] }, []],
    [['--apply'], { apply: true }, []],
    [['--no-apply'], { apply: false }, []],
    [['--na', 'x'], { name: 'x' }, []],
    [['-c', '3'], { count: '3' }, []],
    [['-c3'], { count: '3' }, []],
    [['--name', '-1'], { name: '-1' }, []],
    [['--name', '-not an option'], { name: '-not an option' }, []],
    [['a', '--wait', 'b'], { wait: true }, ['a', 'b']],
    [['--wait', '--', '--name'], { wait: true }, ['--name']],
  ])('%j', (argv, expected, words) => {
    expect(read(...argv)).toEqual({ flags: expected, words })
  })
})

describe('what is refused', () => {
  test.each([
    [['--nosuch'], 'Unknown options: --nosuch'],
    [['--nosuch', '--neither'], 'Unknown options: --nosuch, --neither'],
    [['--name'], 'argument --name: expected one argument'],
    [['--name', '--wait'], 'argument --name: expected one argument'],
    [['--name', '--count', '3'], 'argument --name: expected one argument'],
    [['--name', '--', 'x', '--nosuch'], 'argument --name: expected one argument'],
    [['--n', 'x'], 'ambiguous option: --n could match --name, --network, --node-ids, --no-apply'],
    [['--wait=yes'], "argument --wait: ignored explicit argument 'yes'"],
  ])('%j', (argv, message) => {
    expect(() => read(...argv)).toThrow(message)
  })

  test('everything that is missing is told at once', () => {
    const required = { a: { ...text(wording), required: true }, b: { ...text(wording), required: true } }
    expect(() => parseArguments([], required)).toThrow('the following arguments are required: --a, --b')
  })

  test('words that nobody asked for', () => {
    expect(() => parseArguments(['x', 'y'], flags)).toThrow('Unknown options: x, y')
  })
})
