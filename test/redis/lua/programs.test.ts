import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { hasRedis } from '../../support/redis-server.ts'
import { startPair } from '../support/pair.ts'

const PROGRAMS = 250

/** What all programs find: numbers, a string, tables, functions, and a way to show what comes out. */
const PROLOGUE = `local n, a, b, c, t = 0, 1, 2, 'z', {5, 6, x = 7}
local function f(x, y) n = n + 1 if n > 50 then error('enough') end return y, x end
local function show(v, depth)
  if type(v) ~= 'table' then return type(v) == 'function' and 'function' or tostring(v) end
  if depth > 2 then return 'deep' end
  local parts = {} for i = 1, #v do parts[i] = show(v[i], depth + 1) end
  return '{' .. #v .. ':' .. table.concat(parts, ',') .. '|' .. show(v.x, depth + 1) .. '}'
end
`
const text = (...parts: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
  fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((words) => words.join(' '))

const name = fc.constantFrom('a', 'b', 'c', 't', 'f')
const leaf = fc.constantFrom(
  '1',
  '2',
  '-1',
  '1.5',
  "'x'",
  "'10'",
  'nil',
  'true',
  'a',
  'b',
  'c',
  't.x',
  't[1]',
  '#t',
  '...',
  '{}',
  'f',
)
const operator = fc.constantFrom('+', '-', '*', '/', '%', '^', '..', '==', '~=', '<', '<=', '>', '>=', 'and', 'or')

const { expression, block } = fc.letrec<{ expression: string; statement: string; block: string }>((tie) => {
  const [e, s] = [tie('expression'), tie('block')]
  return {
    expression: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      leaf,
      text(e, operator, e),
      text('(', e, ')'),
      text(fc.constantFrom('not', '- ', '#'), e),
      text('{', e, ', x =', e, ', [', e, '] =', e, ',', e, '}'),
      text('f(', e, ',', e, ')'),
      text('(', e, ')[', e, ']'),
      text('(function(a, ...)', s, 'return', e, ', a end)(', e, ')'),
      text('tostring(type(', e, '))'),
    ),
    statement: fc.oneof(
      { maxDepth: 2, depthSize: 'small' },
      text('local', name, '=', e),
      text(name, '=', e),
      text(name, ',', name, '=', e, ',', e),
      text('t[', e, '] =', e),
      text('if', e, 'then', s, 'elseif', e, 'then', s, 'else', s, 'end'),
      text('for i = 1,', fc.constantFrom('2', 'b', '-1'), 'do', s, 'end'),
      text('for k, v in', fc.constantFrom('pairs', 'ipairs'), '({', e, ',', e, '}) do', s, 'break end'),
      text('repeat local q =', e, 'n = n + 1 until n > 3 or q'),
      text('local function', name, '(', name, ', ...)', s, 'return', e, 'end'),
    ),
    block: fc.array(tie('statement'), { maxLength: 3 }).map((statements) => statements.join(' ; ')),
  }
})

const program = fc
  .tuple(block, expression, expression)
  .map(
    ([body, one, other]) =>
      `${PROLOGUE}return (function(...) ${body}\n return show({${one}, ${other}}, 0) .. show(a, 0) .. show(t, 0) end)(1, 'v')`,
  )

test.skipIf(!hasRedis)('programs made at random end as on the real server, with the same words', async () => {
  const { replies } = await startPair((work) => onTestFinished(work))
  const programs = fc.sample(program, PROGRAMS)
  const both = await replies(...programs.map((source) => ['EVAL', source, '0']))
  // The sign of what is no number does not show in JavaScript.
  const shown = (given: readonly string[]) =>
    programs.map(
      (source, at) =>
        `${source.slice(PROLOGUE.length)}\n  ${given[at]?.replaceAll('-nan', 'nan').replace(/^\$\d+/, '')}`,
    )
  expect(shown(both.ours)).toEqual(shown(both.theirs))
})
