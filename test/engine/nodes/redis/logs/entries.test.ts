import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  engineLine,
  hidden,
  parseEngineLine,
  type SlowEntry,
  slowEntries,
  slowLine,
} from '../../../../../src/engine/nodes/redis/logs/entries.ts'

const JSON_OF = { cluster: 'shop-001', format: 'json' } as const
const TEXT_OF = { cluster: 'shop-001', format: 'text' } as const

const ENTRY: SlowEntry = {
  id: 7,
  timestamp: 1_605_631_822,
  microseconds: 30,
  words: ['GET', 'session:9'],
  address: '192.168.12.104:55452',
  name: 'basket',
}

describe('an entry of the slow log', () => {
  test('is delivered as JSON without keys and values', () => {
    expect(JSON.parse(slowLine(ENTRY, JSON_OF))).toEqual({
      CacheClusterId: 'shop-001',
      CacheNodeId: '0001',
      Id: 7,
      Timestamp: 1_605_631_822,
      'Duration (us)': 30,
      Command: 'GET ... (1 more arguments)',
      ClientAddress: '192.168.12.104:55452',
      ClientName: 'basket',
    })
  })

  test('is delivered as text', () => {
    expect(slowLine(ENTRY, TEXT_OF)).toBe(
      'shop-001,0001,1605631822,30,GET ... (1 more arguments),192.168.12.104:55452,basket',
    )
  })

  test('never tells more of a command than its name and how many words it has', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { maxLength: 31 }), (rest) => {
        const more = rest.length === 0 ? '' : ` ... (${rest.length} more arguments)`
        expect(hidden(['mset', ...rest])).toBe(`mset${more}`)
      }),
    )
  })

  test('counts the words that the server has left out', () => {
    const kept = Array.from({ length: 30 }, (_, index) => `k${index}`)
    expect(hidden(['mset', ...kept, '... (70 more arguments)'])).toBe('mset ... (100 more arguments)')
  })

  test('comes after those that are older', () => {
    const entry = (id: number) => [id, 1, 2, ['PING'], '127.0.0.1:1', '']
    expect(slowEntries([entry(3), entry(2), entry(1)] as never).map(({ id }) => id)).toEqual([1, 2, 3])
  })
})

describe('a line of the engine log', () => {
  const line = `77:S ${local(new Date(Date.UTC(2026, 10, 29, 8, 27, 43, 5)))} # Connection lost`

  test('is delivered as JSON, its time in UTC', () => {
    const entry = parseEngineLine(line)
    expect(entry && JSON.parse(engineLine(entry, JSON_OF))).toEqual({
      CacheClusterId: 'shop-001',
      CacheNodeId: '0001',
      LogLevel: 'WARNING',
      Role: 'S',
      Time: '29 Nov 2026 08:27:43.005 UTC',
      Message: 'Connection lost',
    })
  })

  test('is delivered as text', () => {
    const entry = parseEngineLine(line)
    expect(entry && engineLine(entry, TEXT_OF)).toBe('shop-001/0001:S 29 Nov 2026 08:27:43.005 UTC # Connection lost')
  })

  test('that a server has quoted of its own file is not told', () => {
    expect(parseEngineLine(`>>> 'user cachectl "on" ">secret"'`)).toBeUndefined()
  })

  test('has the time, level and message that the server wrote, whatever they are', () => {
    const time = fc.date({ min: new Date('2001-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
    const message = fc.string().filter((text) => !/[\n\r\u2028\u2029]/.test(text))
    const level = fc.constantFrom('.', '-', '*', '#')
    fc.assert(
      fc.property(time, message, level, fc.constantFrom('M', 'S', 'C', 'X'), (at, text, mark, role) => {
        expect(parseEngineLine(`1:${role} ${local(at)} ${mark} ${text}`)).toEqual({
          role,
          time: sameHour(at),
          level: mark,
          message: text,
        })
      }),
    )
  })
})

/** As servers write it, in the time zone of the machine. */
function local(time: Date): string {
  const two = (number: number, digits = 2) => String(number).padStart(digits, '0')
  const month = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')[time.getMonth()]
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => two(part)).join(':')
  return `${two(time.getDate())} ${month} ${time.getFullYear()} ${clock}.${two(time.getMilliseconds(), 3)}`
}

/** An hour that comes twice, when summer ends, is the first of the two. */
const sameHour = (time: Date): Date =>
  new Date(
    time.getFullYear(),
    time.getMonth(),
    time.getDate(),
    time.getHours(),
    time.getMinutes(),
    time.getSeconds(),
    time.getMilliseconds(),
  )
