import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Interpreter } from '../../../src/redis/lua/interpreter.ts'
import { Random } from '../../../src/redis/lua/library/math.ts'
import { LuaTable } from '../../../src/redis/lua/table.ts'
import { all, type LuaValue } from '../../../src/redis/lua/values.ts'

const interpreter = new Interpreter(
  { engine: 'redis', version: '7.0.15', redisVersion: '7.0.15', log: () => undefined },
  new Random(),
)

/** Runs a function of Lua on values. */
function run(source: string, ...args: LuaValue[]): LuaValue[] {
  const { machine } = interpreter
  const step = machine.start(machine.load(source, '@test'), args).next([])
  if (step.done !== true) throw new Error('paused')
  return all(step.value)
}

const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array).toString('latin1'))
const number = fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.integer({ min: -(2 ** 53), max: 2 ** 53 }))

/** Lists and maps of values as the packers tell them apart: a list has one item at least, and no nil. */
const value: fc.Arbitrary<LuaValue> = fc.letrec<{ value: LuaValue; list: LuaTable; map: LuaTable }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, bytes, number, fc.boolean(), tie('list'), tie('map')),
  list: fc
    .array(tie('value'), { minLength: 1, maxLength: 5 })
    .map((items) => tableOf(items.map((one, at) => [at + 1, one]))),
  map: fc
    .uniqueArray(fc.tuple(bytes, tie('value')), { minLength: 1, maxLength: 5, selector: ([key]) => key })
    .map(tableOf),
})).value

function tableOf(pairs: readonly (readonly [LuaValue, LuaValue])[]): LuaTable {
  const table = new LuaTable()
  for (const [key, one] of pairs) table.set(key, one)
  return table
}

/** A value as JavaScript compares it. */
function plain(one: LuaValue): unknown {
  if (typeof one === 'number') return Object.is(one, -0) ? 0 : one
  return one instanceof LuaTable ? [...one.pairs()].map(([key, item]) => [plain(key), plain(item)]) : one
}

test('cmsgpack unpacks what it packed', () => {
  fc.assert(
    fc.property(value, (one) => {
      expect(plain(run('return cmsgpack.unpack(cmsgpack.pack(...))', one)[0])).toEqual(plain(one))
    }),
  )
})

test('cmsgpack refuses or reads any bytes, and reads no others than there are', () => {
  fc.assert(
    fc.property(bytes, (one) => {
      const [ok, result] = run('return pcall(cmsgpack.unpack, ...)', one)
      if (ok === false) expect(result).toMatch(/^(Missing bytes|Bad data format) in input\.|table index is/)
    }),
  )
})

test('cjson decodes what it encoded, numbers to fourteen digits', () => {
  const rounded = (one: LuaValue): unknown =>
    JSON.stringify(plain(one), (_, item) => (typeof item === 'number' ? item.toPrecision(13) : item))
  fc.assert(
    fc.property(value, (one) => {
      fc.pre(!rounded(one)?.toString().includes('Infinity') && !/Infinity/.test(String(one)))
      const given = run('local ok, text = pcall(cjson.encode, ...) return ok, ok and cjson.decode(text)', one)
      if (given[0] === true) expect(rounded(given[1])).toEqual(rounded(one))
    }),
  )
})

test('cjson reads what JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.json({ depthSize: 'small' }), (json) => {
      const utf8 = Buffer.from(json).toString('latin1')
      const [ok] = run('return pcall(cjson.decode, ...)', utf8)
      expect(ok).toBe(true)
    }),
  )
})

test('cjson refuses or reads any text', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...'{}[]",:0123e.-+ntfu\\\0 ', 'null', 'true')), (parts) => {
      const [ok, result] = run('return pcall(cjson.decode, ...)', parts.join(''))
      if (ok === false)
        expect(result).toMatch(/^(Expected .* but found .* at character \d+|JSON parser does not support)/s)
    }),
  )
})

test('struct unpacks what it packed, in either order of bytes', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('<', '>'),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.integer({ min: 0, max: 65535 }),
      fc.double({ noNaN: true }),
      bytes,
      (order, int, word, double, text) => {
        const format = `${order}!4bi4Hdc0`
        const [packed] = run(
          `return struct.pack(...)`,
          `${format}`.replace('c0', 'Hc0'),
          1,
          int,
          word,
          double,
          text.length,
          text,
        )
        const given = run('return struct.unpack(...)', format.replace('c0', 'Hc0'), packed)
        expect(given.slice(0, 5)).toEqual([1, int, word, double, text])
      },
    ),
  )
})

test('numbers keep their value from text to text', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (one) => {
      expect(run("return tonumber(string.format('%.17g', ...))", one)[0]).toBe(one)
    }),
  )
})

test('a table has what was put into it, whatever its parts are sized to', () => {
  const key = fc.oneof(fc.integer({ min: -2, max: 20 }), fc.constantFrom('a', 'b', 1.5))
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.option(fc.nat(), { nil: undefined }))), (writes) => {
      const table = new LuaTable()
      const model = new Map<LuaValue, LuaValue>()
      for (const [at, one] of writes) {
        table.set(at, one)
        if (one === undefined) model.delete(at)
        else model.set(at, one)
      }
      expect(new Map(table.pairs())).toEqual(model)
      const walked: LuaValue[] = []
      for (let at = table.next(undefined); at !== undefined && at !== null; at = table.next(at)) walked.push(at)
      expect(new Set(walked)).toEqual(new Set(model.keys()))
      const border = table.length
      expect(border === 0 || table.get(border) !== undefined).toBe(true)
      expect(table.get(border + 1)).toBe(undefined)
    }),
  )
})
