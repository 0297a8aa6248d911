import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { optionsOf } from '../../src/engine/families/memcached/node-options.ts'
import { startTestEngine, type TestEngine } from '../support/engine.ts'
import { MemcachedClient } from '../support/memcached-client.ts'
import { createCluster, createGroup } from '../support/parameters.ts'

const NEWEST = '1.6.22'
/** The newest version whose nodes have the commands lru_crawler and slabs. */
const WITH_ADMIN = '1.6.12'
/** What is left of cache.t3.micro's 512 MB with this memcached_connections_overhead: 4 MB. */
const FOUR_MEGABYTES = { memcached_connections_overhead: '508' }

let engine: TestEngine
let count = 0
const cleanUps: (() => Promise<void> | void)[] = []
beforeAll(async () => {
  engine = await startTestEngine({ atEnd: (work) => cleanUps.push(work) })
})
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp()
})

/** The port of a node that runs with these values. */
async function nodeWith(values: Record<string, string>, version = NEWEST): Promise<number> {
  const name = `g${++count}`
  await createGroup(engine.client(), name, `memcached${version.slice(0, 3)}`, values)
  const [port] = await createCluster(engine, {
    CacheClusterId: `c${count}`,
    EngineVersion: version,
    CacheParameterGroupName: name,
  })
  return port as number
}

async function clientOf(values: Record<string, string>, version = NEWEST): Promise<MemcachedClient> {
  const client = await MemcachedClient.connect(await nodeWith(values, version))
  onTestFinished(() => client.close())
  return client
}

const set = (key: string, value: string, exptime = 0) => `set ${key} 0 ${exptime} ${value.length}\r\n${value}\r\n`

/** Stores values of half a megabyte until there are `megabytes` of them; answers of the last and of a get of the first. */
async function fill(client: MemcachedClient, megabytes: number, exptime = 0) {
  const value = 'x'.repeat(500_000)
  let last = ''
  for (let number = 0; number < 2 * megabytes; number++) last = await client.ask(set(`k${number}`, value, exptime))
  return last
}

describe('stats settings of a node show what its parameter group says', () => {
  test.each<[string, Record<string, string>, string, string[]]>([
    [
      'the defaults, which are those of no_modern',
      {},
      NEWEST,
      [
        'maxconns 65000',
        'evictions on',
        'growth_factor 1.25',
        'chunk_size 48',
        'reqs_per_event 20',
        'cas_enabled yes',
        'tcp_backlog 1024',
        'binding_protocol auto-negotiate',
        'item_size_max 1048576',
        'maxconns_fast no',
        'hashpower_init 16',
        'slab_reassign no',
        'slab_automove 0',
        'slab_chunk_max 524288',
        'lru_crawler no',
        'flush_enabled yes',
        'hash_algorithm jenkins',
        'lru_maintainer_thread no',
        'lru_segmented no',
        'idle_timeout 0',
        'watcher_logbuf_size 262144',
        'worker_logbuf_size 65536',
        'track_sizes no',
      ],
    ],
    [
      'every value that can be changed',
      {
        binding_protocol: 'ascii',
        cas_disabled: '1',
        chunk_size: '96',
        chunk_size_growth_factor: '1.5',
        disable_flush_all: '1',
        error_on_memory_exhausted: '1',
        hash_algorithm: 'murmur3',
        idle_timeout: '60',
        lru_crawler: '1',
        lru_maintainer: '1',
        max_item_size: '2097152',
        maxconns_fast: '1',
        memcached_connections_overhead: '112',
        slab_automove: '2',
        slab_chunk_max: '16384',
        slab_reassign: '1',
        track_sizes: '1',
        watcher_logbuf_size: '512',
        worker_logbuf_size: '128',
      },
      NEWEST,
      [
        `maxbytes ${400 * 1024 * 1024}`,
        'evictions off',
        'growth_factor 1.50',
        'chunk_size 96',
        'cas_enabled no',
        'binding_protocol ascii',
        'item_size_max 2097152',
        'maxconns_fast yes',
        'slab_reassign yes',
        'slab_automove 2',
        'slab_chunk_max 16384',
        'lru_crawler yes',
        'flush_enabled no',
        'hash_algorithm murmur3',
        'lru_maintainer_thread yes',
        'lru_segmented yes',
        'idle_timeout 60',
        'watcher_logbuf_size 524288',
        'worker_logbuf_size 131072',
        'track_sizes yes',
      ],
    ],
    [
      'no_modern=0: switches on whatever they are set to, the rest as the group says',
      { no_modern: '0', maxconns_fast: '0', lru_maintainer: '0' },
      NEWEST,
      [
        'maxconns_fast yes',
        'slab_reassign yes',
        'lru_maintainer_thread yes',
        'lru_segmented yes',
        'slab_automove 0',
        'lru_crawler no',
        'hash_algorithm jenkins',
      ],
    ],
    [
      'no_modern=1 with a switch of the group',
      { no_modern: '1', maxconns_fast: '1' },
      NEWEST,
      ['maxconns_fast yes', 'slab_reassign no', 'lru_segmented no'],
    ],
    [
      'modern, the default of 1.4.34',
      {},
      '1.4.34',
      [
        'maxconns_fast yes',
        'slab_reassign yes',
        'slab_automove 1',
        'lru_crawler yes',
        'lru_maintainer_thread yes',
        'hash_algorithm murmur3',
      ],
    ],
    [
      'modern with a hash and an automove of its own',
      { hash_algorithm: 'jenkins', slab_automove: '2' },
      '1.4.33',
      ['hash_algorithm jenkins', 'slab_automove 2', 'lru_crawler yes'],
    ],
    ['modern=0', { modern: '0' }, '1.4.34', ['maxconns_fast no', 'lru_crawler no', 'hash_algorithm jenkins']],
    [
      'what an older engine does not have stays without effect',
      { idle_timeout: '5', lru_crawler: '1', slab_chunk_max: '1024', modern: '1' },
      '1.4.24',
      ['lru_crawler yes', 'maxconns_fast no'],
    ],
    ['inline_ascii_resp of 1.5.10', { inline_ascii_resp: '1' }, '1.5.10', ['inline_ascii_response yes']],
    [
      'inline_ascii_resp without no_modern',
      { inline_ascii_resp: '1', no_modern: '0' },
      '1.5.10',
      ['inline_ascii_response no'],
    ],
    ['inline_ascii_resp after 1.5.10', { inline_ascii_resp: '1' }, '1.5.16', ['inline_ascii_response no']],
  ])('%s', async (_, values, version, expected) => {
    const client = await clientOf(values, version)
    const lines = (await client.ask('stats settings\r\n')).split('\r\n')
    expect(lines).toEqual(expect.arrayContaining(expected.map((line) => `STAT ${line}`)))
  })

  test('what an older engine does not have is nothing its statistics tell of, either', async () => {
    const values = { idle_timeout: '5', slab_chunk_max: '1024' }
    expect(optionsOf(values, '1.4.24')).toMatchObject({ idleTimeout: 0, slabChunkMax: 524_288 })
    const client = await clientOf(values, '1.4.24')
    expect(await client.ask('stats settings\r\n')).not.toMatch(/idle_timeout|slab_chunk_max/)
  })
})

test('max_item_size bounds what a node stores', async () => {
  const value = 'x'.repeat(1_500_000)
  const usual = await clientOf({})
  expect(await usual.ask(set('k', value))).toBe('SERVER_ERROR object too large for cache\r\n')
  const large = await clientOf({ max_item_size: '2097152' })
  expect(await large.ask(set('k', value))).toBe('STORED\r\n')
})

test('chunk_size, chunk_size_growth_factor and slab_chunk_max shape the slab classes', async () => {
  const client = await clientOf({ chunk_size: '200', chunk_size_growth_factor: '2', slab_chunk_max: '16384' })
  await client.ask(set('small', 'x') + set('larger', 'x'.repeat(300)) + set('split', 'x'.repeat(100_000)))
  const slabs = await client.ask('stats slabs\r\n')
  expect(slabs).toContain('STAT 1:chunk_size 248\r\n')
  expect(slabs).toContain('STAT 2:chunk_size 496\r\n')
  const sizes = [...slabs.matchAll(/chunk_size (\d+)/g)].map(([, size]) => Number(size))
  expect(Math.max(...sizes)).toBe(16_384)
})

test('cas_disabled takes CAS uniques away', async () => {
  const client = await clientOf({ cas_disabled: '1' })
  expect(await client.ask(`${set('k', 'v')}gets k\r\n`)).toBe('STORED\r\nVALUE k 0 1 0\r\nv\r\nEND\r\n')
})

test('disable_flush_all refuses flush_all', async () => {
  const client = await clientOf({ disable_flush_all: '1' })
  expect(await client.ask(`${set('k', 'v')}flush_all\r\nget k\r\n`)).toBe(
    'STORED\r\nCLIENT_ERROR flush_all not allowed\r\nVALUE k 0 1\r\nv\r\nEND\r\n',
  )
})

test('a full node evicts, unless error_on_memory_exhausted says that it refuses', async () => {
  const evicting = await clientOf(FOUR_MEGABYTES)
  expect(await fill(evicting, 6)).toBe('STORED\r\n')
  expect(await evicting.ask('get k0\r\n')).toBe('END\r\n')
  const refusing = await clientOf({ ...FOUR_MEGABYTES, error_on_memory_exhausted: '1' })
  expect(await fill(refusing, 6)).toBe('SERVER_ERROR out of memory storing object\r\n')
  expect(await refusing.ask('get k0\r\n')).toMatch(/^VALUE k0/)
})

test.each([
  ['0', /^END/],
  ['1', /^VALUE first/],
])('with lru_maintainer and expirezero_does_not_evict=%s, an item that never expires', async (value, expected) => {
  const client = await clientOf({ ...FOUR_MEGABYTES, expirezero_does_not_evict: value }, '1.4.34')
  await client.ask(set('first', 'x'.repeat(400_000)))
  expect(await fill(client, 8, 3600)).toBe('STORED\r\n')
  expect(await client.ask('get first\r\n')).toMatch(expected)
})

test('memcached_connections_overhead is taken off what items may have', async () => {
  const client = await clientOf({ memcached_connections_overhead: '400' })
  expect(await client.ask('stats\r\n')).toContain(`STAT limit_maxbytes ${112 * 1024 * 1024}\r\n`)
})

test('idle_timeout closes a client that says nothing', async () => {
  const client = await clientOf({ idle_timeout: '1' })
  expect(await client.ask(set('k', 'v'))).toBe('STORED\r\n')
  expect(await client.untilClosed()).toBe('')
})

test('lru_crawler and slab_reassign let the commands of these names work', async () => {
  const off = await clientOf({}, WITH_ADMIN)
  expect(await off.ask('lru_crawler crawl all\r\nslabs reassign 1 2\r\n')).toBe(
    'CLIENT_ERROR lru crawler disabled\r\nCLIENT_ERROR slab reassignment disabled\r\n',
  )
  const on = await clientOf({ lru_crawler: '1', slab_reassign: '1' }, WITH_ADMIN)
  expect(await on.ask('lru_crawler crawl all\r\nslabs reassign 1 2\r\n')).toMatch(/^OK\r\nNOSPARE/)
})

test('lru_crawler frees expired items nobody asks for', async () => {
  const client = await clientOf({ lru_crawler: '1' }, WITH_ADMIN)
  await client.ask(set('k', 'v', 1))
  const items = async () => {
    const stats = await client.ask('lru_crawler crawl all\r\nstats\r\n')
    return Number(/STAT curr_items (\d+)/.exec(stats)?.[1])
  }
  const before = await items()
  await expect.poll(items, { timeout: 10_000 }).toBe(before - 1)
})

test('binding_protocol ascii leaves the binary protocol unanswered', async () => {
  const noop = Buffer.alloc(24)
  noop[0] = 0x80
  noop[1] = 0x0a
  const both = await clientOf({})
  both.send(noop)
  expect((await both.bytes(24)).charCodeAt(0)).toBe(0x81)
  const text = await clientOf({ binding_protocol: 'ascii' })
  text.send(Buffer.concat([noop, Buffer.from('\r\nversion\r\n')]))
  expect((await text.bytes(5)).charCodeAt(0)).not.toBe(0x81)
})

test('track_sizes lets stats sizes work at once', async () => {
  const usual = await clientOf({})
  expect(await usual.ask('stats sizes\r\n')).toContain('STAT sizes_status disabled')
  const tracking = await clientOf({ track_sizes: '1' })
  expect(await tracking.ask(`${set('k', 'v')}stats sizes\r\n`)).toMatch(/^STORED\r\nSTAT 64 1\r\n/)
})

test('config_max and config_size_max bound the configuration entries', async () => {
  const client = await clientOf({})
  const entry = (name: string, bytes: number) => `config set ${name} 0 ${bytes}\r\n${'x'.repeat(bytes)}\r\n`
  // `cluster` is one of the sixteen.
  for (let number = 1; number < 16; number++) expect(await client.ask(entry(`e${number}`, 1))).toBe('STORED\r\n')
  expect(await client.ask(entry('one-more', 1))).toMatch(/^SERVER_ERROR/)
  expect(await client.ask(entry('e1', 65_536))).toBe('STORED\r\n')
  expect(await client.ask(entry('e1', 65_537))).toBe('SERVER_ERROR object too large for cache\r\n')
})

test('watch=0 refuses watch', async () => {
  const client = await clientOf({ watch: '0' })
  expect(await client.ask('watch fetchers\r\n')).toBe('CLIENT_ERROR watch commands not allowed\r\n')
})
