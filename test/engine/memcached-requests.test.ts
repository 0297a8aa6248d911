import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Requests } from '../../src/engine/nodes/memcached/requests.ts'

const KINDS = { config: true, watch: false }

/** What the server and the engine get, when the bytes arrive cut at these places. */
function divide(bytes: Buffer, cuts: readonly number[] = [], kinds = KINDS) {
  const requests = new Requests()
  const got = { server: '', engine: [] as string[] }
  let kept = Buffer.alloc(0)
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    const all = Buffer.concat([kept, bytes.subarray(from, cut)])
    from = cut
    let at = 0
    for (const { answerer, start, end } of requests.cut(all, all.length, kinds)) {
      const text = all.toString('latin1', start, end)
      if (answerer === 'server') got.server += text
      else got.engine.push(text)
      at = end
    }
    kept = all.subarray(at)
  }
  return { ...got, kept: kept.toString('latin1') }
}

const CONFIG = 'config get cluster\r\n'
const set = (verb: string, value: string) => `${verb} k 0 0 ${value.length}\r\n${value}\r\n`

describe('of text, the engine gets', () => {
  const cases: [string, string, string[]][] = [
    ['config at the beginning', `${CONFIG}get a\r\n`, [CONFIG]],
    ['config between other commands', `get a\r\n${CONFIG}get b\r\n${CONFIG}`, [CONFIG, CONFIG]],
    ['config with a bare LF', 'config get cluster\n', ['config get cluster\n']],
    ['config set with its data', 'config set c 0 5\r\nget a\r\nget b\r\n', ['config set c 0 5\r\nget a\r\n']],
    ['no value that looks like config', set('set', CONFIG) + set('cas', CONFIG).replace('\r\n', ' 7\r\n'), []],
    ['no value of ms', `ms k ${CONFIG.length} T0\r\n${CONFIG}\r\nmn\r\n`, []],
    ['config behind an empty value', `${set('append', '')}${CONFIG}`, [CONFIG]],
    ['config behind a line that is refused at sight', `set ${'k'.repeat(251)} 0 0 5\r\n${CONFIG}`, [CONFIG]],
    ['config behind a get of very many keys', `get ${'key '.repeat(2000)}\r\n${CONFIG}`, [CONFIG]],
    ['no key that is called config', 'get config\r\nset config 0 0 1\r\nx\r\n', []],
  ]
  test.each(cases)('%s, wherever the bytes are cut', (_, text, engine) => {
    const bytes = Buffer.from(text, 'latin1')
    const server = engine.reduce((rest, request) => rest.replace(request, ''), text)
    expect(divide(bytes)).toEqual({ server, engine, kept: '' })
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (places) => {
        const cuts = places.sort((a, b) => a - b)
        expect(divide(bytes, cuts)).toEqual({ server, engine, kept: '' })
      }),
      { numRuns: 50 },
    )
  })

  test('watch, when nobody may', () => {
    const bytes = Buffer.from('watch fetchers\r\nget a\r\n')
    expect(divide(bytes, [], { config: true, watch: true })).toMatchObject({ engine: ['watch fetchers\r\n'] })
    expect(divide(bytes)).toMatchObject({ engine: [], server: bytes.toString() })
  })

  test('nothing on engine versions without config', () => {
    expect(divide(Buffer.from(CONFIG), [], { config: false, watch: false })).toMatchObject({
      engine: [],
      server: CONFIG,
    })
  })
})

test('of the binary protocol the engine gets the opcodes of config, whatever values hold', () => {
  const packet = (opcode: number, body: Buffer) => {
    const header = Buffer.alloc(24)
    header[0] = 0x80
    header[1] = opcode
    header.writeUInt32BE(body.length, 8)
    return Buffer.concat([header, body])
  }
  const config = packet(0x60, Buffer.from('cluster'))
  const store = packet(1, Buffer.concat([Buffer.alloc(8), Buffer.from('k'), config]))
  const bytes = Buffer.concat([store, config, packet(0, Buffer.from('k')), config])
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (places) => {
      const { engine, server, kept } = divide(
        bytes,
        places.sort((a, b) => a - b),
      )
      expect(engine).toEqual([config.toString('latin1'), config.toString('latin1')])
      expect(server.length + 2 * config.length).toBe(bytes.length)
      expect(kept).toBe('')
    }),
  )
})

test('whatever comes, no byte is lost or doubled', () => {
  const words = fc.constantFrom(
    'set',
    'k',
    '0',
    '3',
    'abc',
    '\r\n',
    ' ',
    'config',
    'get',
    'cluster',
    'ms',
    '\x80',
    '\0',
  )
  fc.assert(
    fc.property(fc.array(words, { maxLength: 60 }), fc.array(fc.nat(200), { maxLength: 6 }), (pieces, places) => {
      const bytes = Buffer.from(pieces.join(''), 'latin1')
      const cuts = places.filter((place) => place <= bytes.length).sort((a, b) => a - b)
      const { server, engine, kept } = divide(bytes, cuts)
      expect(server.length + engine.join('').length + kept.length).toBe(bytes.length)
    }),
  )
})
