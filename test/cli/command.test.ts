import { describe, expect, test } from 'vitest'
import { command } from '../../src/cli/command.ts'
import { count, time } from '../../src/cli/flag-kinds.ts'
import { choice, required, text, texts, toggle } from '../../src/cli/flags.ts'
import { printerOf } from '../../src/cli/forms.ts'
import { one, oneOrMore, optional, several } from '../../src/cli/words.ts'

const summary = 'tries what it is given'
const wording = { summary: '' }

/** What a command with these words and options gets of a line. */
async function told(argv: readonly string[]) {
  const heard: unknown[] = []
  const made = command({
    summary,
    words: { cache: one('its name'), keys: several('keys') },
    flags: {
      count: count({ ...wording, least: 1 }),
      tries: count({ ...wording, otherwise: 3 }),
      delay: time(wording),
      since: time(wording),
      mode: choice(['slow', 'fast'], { ...wording, otherwise: 'slow' }),
      name: text(wording),
      to: texts(wording),
      force: toggle(wording),
    },
    run: ({ words, flags }) => void heard.push({ ...words, ...flags }),
  })
  await made.run(argv)
  return heard[0]
}

test('a command gets what its words and options hold', async () => {
  const line = '--count 2 --delay 1.5s --since 1h30m --mode fast --name x --to a b --force --to c -- shop k1 k2'
  expect(await told(line.split(' '))).toMatchObject({
    cache: 'shop',
    keys: ['k1', 'k2'],
    count: 2,
    tries: 3,
    delay: 1500,
    since: 5_400_000,
    mode: 'fast',
    name: 'x',
    to: ['a', 'b', 'c'],
    force: true,
  })
})

test('what is not given is undefined, none, false, or what the option says', async () => {
  expect(await told(['shop'])).toMatchObject({ keys: [], tries: 3, mode: 'slow', to: [], force: false })
  expect(await told(['shop'])).not.toHaveProperty('count')
})

describe('a value that can not be read is refused with the line', () => {
  test.each([
    ['--count 0', "argument --count: invalid whole number: '0'"],
    ['--tries x', "argument --tries: invalid whole number: 'x'"],
    ['--delay soon', "argument --delay: invalid duration: 'soon'"],
    ['--since 1y', "argument --since: invalid duration: '1y'"],
    ['--mode quick', "argument --mode: invalid choice: 'quick' (choose from: slow, fast)"],
    ['--to', 'argument --to: expected at least one argument'],
    ['--cli-error-format xml', "argument --cli-error-format: invalid choice: 'xml' (choose from: legacy, json)"],
  ])('shop %s', async (options, message) => {
    await expect(told(['shop', ...options.split(' ')])).rejects.toMatchObject({ kind: 'usage', message })
  })
})

test('a word that is missing is refused by its name', async () => {
  const message = 'the following arguments are required: <cache>'
  await expect(told([])).rejects.toMatchObject({ kind: 'usage', message })
})

test('a broken --query is refused before the command runs', async () => {
  let ran = false
  const made = command({
    summary,
    forms: {},
    run() {
      ran = true
    },
  })
  await expect(made.run(['--query', 'a['])).rejects.toMatchObject({ kind: 'usage' })
  expect(ran).toBe(false)
})

test('a form of its own and --query exclude each other', async () => {
  await expect(printerOf('', { output: 'ids', query: 'a' }, { own: ['ids'] })).rejects.toMatchObject({ kind: 'usage' })
})

test('types: options and words are known by their names and kinds', () => {
  const made = command({
    summary,
    words: { cache: one('its name'), key: optional('a key'), more: oneOrMore('more') },
    flags: { count: count(wording), nodes: required(count(wording)), mode: choice(['slow', 'fast'], wording) },
    forms: { own: ['ids'] },
    run({ words, flags, print }) {
      const kinds: [string, string | undefined, readonly string[], number | undefined, number] = [
        words.cache,
        words.key,
        words.more,
        flags.count,
        flags.nodes,
      ]
      // @ts-expect-error: there is no option of that name
      flags.cuont
      // @ts-expect-error: there is no word of that name
      words.cash
      // @ts-expect-error: a count is a number
      const name: string | undefined = flags.count
      // @ts-expect-error: it may not have been given
      const number: number = flags.count
      // @ts-expect-error: a word may be left out only where it is optional
      const key: string = words.key
      // @ts-expect-error: the option does not take that value
      flags.mode === 'quick'
      // @ts-expect-error: the command has no such form
      print.form === 'hosts'
      // @ts-expect-error: the form of its own is missing
      void print.answer([], () => '')
      void [kinds, name, number, key]
    },
  })
  expect(Object.keys(made.args)).toEqual(['cache', 'key', 'more'])
})

test('types: a command without options has none', () => {
  command({
    summary,
    run({ flags }) {
      // @ts-expect-error: it has no options
      flags.count
    },
  })
})
