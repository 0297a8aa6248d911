import fc from 'fast-check'
import type { Part } from '../../../src/protocols/resp/encode.ts'

/** Random words by what they stand for in a grammar. Few keys, so that commands meet. */
const WORDS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e', '{t}1', '{t}2'),
  value: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('1', '2', '10', '-7', '3.5', 'x', 'yy', 'hello', '', '007', '1e3') },
    fc.string({ maxLength: 12 }),
    fc.constantFrom('v'.repeat(44), 'w'.repeat(45), 'z'.repeat(70), 'l'.repeat(300)),
    fc.constantFrom('9223372036854775807', '-9223372036854775808', '9223372036854775808'),
  ),
  field: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom('f1', 'f2', 'f3', 'f4', '5', '6') },
    fc.constant('f'.repeat(70)),
  ),
  member: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom('m1', 'm2', 'm3', '1', '2', '3', '42') },
    fc.constant('m'.repeat(70)),
  ),
  int: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -5, max: 20 }).map(String) },
    fc.constantFrom('1000000', '9223372036854775807', '-9223372036854775808', 'x', '1.5', ''),
  ),
  index: fc.integer({ min: -8, max: 12 }).map(String),
  count: fc.integer({ min: -2, max: 6 }).map(String),
  // Quarters: their sums are the same in any precision.
  float: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -40, max: 40 }).map((quarters) => String(quarters / 4)) },
    fc.constantFrom('inf', '-inf', '1e5', 'nan', 'x'),
  ),
  score: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -8, max: 12 }).map((halves) => String(halves / 2)) },
    fc.constantFrom('inf', '-inf', '1e5', '0.1', '1e100', '-1e-9', '123456789012', '1e16', '-0', 'nan', 'x'),
  ),
  place: fc.constantFrom('0', '1', '2', '3', '-1', '-3'),
  bound: fc.constantFrom('-inf', '+inf', '0', '(0', '2', '(2.5', '-3', '10', '', '(', 'x', '1e400'),
  // Sorted by their bytes alone: all scores are the same.
  lexkey: fc.constantFrom('l1', 'l2'),
  lexbound: fc.constantFrom('-', '+', '[m2', '(m2', '[', '(42', '[z', '3', ''),
  numkeys: fc.oneof({ weight: 5, arbitrary: fc.constant('2') }, fc.constantFrom('0', '1', '3', 'x')),
  // Far enough that nothing expires while a test runs.
  seconds: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1000, max: 100_000 }).map(String) },
    fc.constantFrom('0', '-1', 'x'),
  ),
  milliseconds: fc.integer({ min: 1_000_000, max: 100_000_000 }).map(String),
  time: fc.constantFrom('32503680000', '4102444800', '1'),
  timems: fc.constantFrom('32503680000000', '4102444800000', '1'),
  pattern: fc.constantFrom('*', 'a*', '?', '[a-c]', 'f*', 'm?', '{t}*'),
  offset: fc.integer({ min: -2, max: 80 }).map(String),
  bit: fc.constantFrom('0', '1'),
  fieldtype: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('u1', 'u8', 'i8', 'i5', 'u13', 'u63', 'i64', 'i63') },
    fc.constantFrom('u64', 'i65', 'u0', 'i', 'x8'),
  ),
  fieldoffset: fc.oneof(fc.integer({ min: 0, max: 40 }).map(String), fc.constantFrom('#0', '#1', '#3', '-1', '#x')),
  // Places near each other, at the edges of the map, and none.
  lon: fc.oneof(
    { weight: 5, arbitrary: fc.double({ min: -180, max: 180, noNaN: true }).map(String) },
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 400 }).map((step) => String(13 + step / 100)) },
    fc.constantFrom('0', '180', '-180', '180.1', '1e300', 'inf', 'nan', 'x'),
  ),
  lat: fc.oneof(
    { weight: 5, arbitrary: fc.double({ min: -85.05, max: 85.05, noNaN: true }).map(String) },
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 400 }).map((step) => String(37 + step / 100)) },
    fc.constantFrom('0', '85.05112878', '-85.05112878', '86', 'x'),
  ),
  meters: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 24 }).map((power) => String(2 ** power + 0.5)) },
    fc.constantFrom('0', '1e-9', '20000000', '1e12', 'inf', '-1', 'x'),
  ),
  unit: fc.oneof({ weight: 5, arbitrary: fc.constantFrom('m', 'km', 'ft', 'mi') }, fc.constantFrom('KM', 'x', '')),
  db: fc.constantFrom('0', '1', '15', '16', '-1', 'x'),
}

/**
 * Random commands by a grammar: `SET key value [NX|XX] [EX seconds|KEEPTTL]`. Small letters stand for random words ({@link WORDS}),
 * all else for itself; `[a|b c]` is one of these or nothing, `(a|b)` one of them, `{a b}` the same once to three times.
 */
export function commandsOf(grammar: string): fc.Arbitrary<Part[]> {
  const tokens = grammar.match(/[[\](){}|]|[^\s[\](){}|]+/g) ?? []
  let at = 0
  const sequence = (): fc.Arbitrary<string[]> => {
    const parts: fc.Arbitrary<string[]>[] = []
    while (at < tokens.length && !'|])}'.includes(tokens[at] ?? '')) parts.push(part())
    return fc.tuple(...parts).map((words) => words.flat())
  }
  const alternatives = (): fc.Arbitrary<string[]> => {
    const all = [sequence()]
    while (tokens[at] === '|') {
      at++
      all.push(sequence())
    }
    at++
    return fc.oneof(...all)
  }
  const part = (): fc.Arbitrary<string[]> => {
    const token = tokens[at++] ?? ''
    if (token === '[') {
      const inner = alternatives()
      return fc.oneof({ weight: 2, arbitrary: fc.constant<string[]>([]) }, { weight: 1, arbitrary: inner })
    }
    if (token === '(') return alternatives()
    if (token === '{') return fc.array(alternatives(), { minLength: 1, maxLength: 3 }).map((words) => words.flat())
    const word = Object.hasOwn(WORDS, token) ? WORDS[token] : undefined
    return word ? word.map((each) => [each]) : fc.constant([token])
  }
  return sequence()
}
