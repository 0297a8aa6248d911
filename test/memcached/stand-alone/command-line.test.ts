import { describe, expect, it } from 'vitest'
import { readCommandLine } from '../../../src/memcached/stand-alone/command-line.ts'
import { interfacesOf } from '../../../src/memcached/stand-alone/interfaces.ts'

const MIB = 1 << 20

describe("memcached's command line", () => {
  it('has its defaults: 64 megabytes, 1024 connections, port 11211', () => {
    const plan = readCommandLine([])
    expect(plan.node).toMatchObject({ memoryLimit: 64 * MIB, maxConnections: 1024 })
    expect(plan).toMatchObject({ port: 11_211, secure: false, listen: [] })
  })

  it.each([
    ['behind', ['-m', '128', '-p', '0']],
    ['attached', ['-m128', '-p0']],
    ['in long', ['--memory-limit', '128', '--port=0']],
    ["as memcached's any port", ['-m', '128', '-p', '-1']],
  ])('takes values %s', (_, argv) => {
    expect(readCommandLine(argv)).toMatchObject({ port: 0, node: { memoryLimit: 128 * MIB } })
  })

  it('takes letters together, and adds up what is repeated', () => {
    const { node, listen } = readCommandLine(['-vvMC', '-l127.0.0.1,::1', '-l', 'localhost:7', '-F'])
    expect(node).toMatchObject({ verbosity: 2, evictToFree: false, casEnabled: false, flushAllEnabled: false })
    expect(listen).toEqual(['127.0.0.1', '::1', 'localhost:7'])
  })

  it.each([
    ['-I 2m', { maxItemSize: 2 * MIB }],
    ['-I 512K', { maxItemSize: 512 * 1024 }],
    ['-I 2097152', { maxItemSize: 2 * MIB }],
    ['-f 2 -n 100', { growthFactor: 2, chunkSize: 100 }],
    ['-t 2 -R 5 -b 10 -B ascii', { threads: 2, requestsPerEvent: 5, backlog: 10, bindingProtocol: 'ascii' }],
    ['-o idle_timeout=60,no_lru_crawler', { idleTimeout: 60, lruCrawler: false }],
    ['-o temporary_ttl=61 -o hot_lru_pct=10', { tempLru: true, temporaryTtl: 61, hotLruPercent: 10 }],
    ['-o slab_automove', { slabAutomove: 1 }],
    ['-o slab_automove=2,slab_chunk_max=16384', { slabAutomove: 2, slabChunkMax: 16_384 }],
    [
      '-o slab_sizes=100-200-300, -X -D . -N 1',
      { slabSizes: [100, 200, 300], dumpEnabled: false, prefixDelimiter: '.' },
    ],
    ['-o no_modern', { slabReassign: false, lruSegmented: false, slabChunkMax: MIB, hashAlgorithm: 'jenkins' }],
    ['-o slab_chunk_max=4096,no_modern', { slabChunkMax: 4096 }],
    ['-o modern,relaxed_privileges,read_buf_mem_limit=1 -u root -k', {}],
    ['--plain --engine-version 1.4.14', { configCommand: false, adminCommands: true, engineVersion: '1.4.14' }],
  ])('understands %s', (line, expected) => {
    expect(readCommandLine(line.split(' ')).node).toMatchObject(expected)
  })

  it.each([
    ['-c 0', /-c: a whole number from 1/],
    ['-m', /-m: <megabytes> is needed/],
    ['-m much', /-m: a whole number/],
    ['-f 1', /-f: a number above 1/],
    ['-I 1000', /-I: a size from 1k/],
    ['-I 256m', /at most half of the memory/],
    ['-B http', /choose from: auto, ascii, binary/],
    ['-o slab_sizes=100-104', /ascending sizes/],
    ['-o slab_sizes', /ascending sizes/],
    ['-o tail_repair_time=5', /whole number from 10/],
    ['-o ssl_ciphers', /names of ciphers/],
    ['-o nonsense', /unknown option 'nonsense'/],
    ['-o constructor', /unknown option 'constructor'/],
    ['-o idle_timeout', /idle_timeout: a whole number/],
    ['-o slab_chunk_max=3000', /divide/],
    ['-o hot_lru_pct=60', /80 percent/],
    ['-Z', /ssl_chain_cert/],
    ['-l notls:127.0.0.1', /notls/],
    ['-Q', /unknown option: -Q/],
    ['--listening', /unknown option: --listening/],
    ['--plain=1', /takes no value/],
    ['word', /unexpected word/],
  ])('refuses %s', (line, message) => {
    expect(() => readCommandLine(line.split(' '))).toThrow(message)
  })

  it.each([
    ['-v', '11211'],
    ['-U 0', '11211'],
    ['-U 11222', '11222, UDP 11222'],
    ['-U -1', '0, UDP 0'],
    ['-p 7 -U 8', '7, UDP 8'],
    ['-p 0', '0'],
    ['-p 0 --plain', 'none'],
    ['-p 0 -U 8', 'none, UDP 8'],
  ])('listens with %s as memcached does, but that -p 0 alone is any free port', (line, expected) => {
    const { port, tcp, udpPort } = readCommandLine(line.split(' '))
    expect(`${tcp ? port : 'none'}${udpPort === undefined ? '' : `, UDP ${udpPort}`}`).toBe(expected)
  })
})

describe('what a node listens on', () => {
  const addresses = async (...listen: string[]) =>
    (await interfacesOf({ listen, port: 7 })).map(({ host, port, plain }) => `${host} ${port}${plain ? ' plain' : ''}`)

  it('is loopback, unless told otherwise', async () => {
    expect(await addresses()).toEqual(['127.0.0.1 7', '::1 7'])
  })

  it('may be an address or a name, with a port of its own, and without TLS', async () => {
    expect(await addresses('127.0.0.2', '127.0.0.3:8', '::1', '[::1]:0', 'notls:127.0.0.1:9')).toEqual([
      '127.0.0.2 7',
      '127.0.0.3 8',
      '::1 7',
      '::1 0',
      '127.0.0.1 9 plain',
    ])
    expect(await addresses('localhost:5')).toContain('127.0.0.1 5')
  })

  it.each(['127.0.0.1:99999', '[::1', 'a:b:c', 'no-such-host.invalid'])('cannot be %s', async (spoken) => {
    await expect(addresses(spoken)).rejects.toThrow(/-l: /)
  })
})
