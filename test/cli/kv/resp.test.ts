import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import {
  hasRedis,
  mustSay,
  NEEDS_REDIS,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from '../../support/redis-server.ts'
import { scriptedResp } from '../../support/scripted-resp.ts'
import { cachectl, temporaryHome } from '../support/cli.ts'
import { errorBody, recordRequests, result } from '../support/recorder.ts'
import { hasTerminal, onTerminal } from '../support/terminal.ts'

const kv = (...args: string[]) => cachectl(['kv', ...args])

async function said(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await kv(...args)
  if (code !== 0) throw new Error(`kv ${args.join(' ')}: exit ${code}\n${stdout}${stderr}`)
  return stdout
}

const lines = (text: string): string[] => text.trim().split('\n')

function scratchFile(name: string, content: string | Buffer): string {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, name), content)
  return join(directory, name)
}

/** One server for the tests of a block, empty before each. */
function sharedServer(args: readonly string[] = [], password?: string) {
  const cleanUps: (() => Promise<void>)[] = []
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis(args, {
      atEnd: (work) => cleanUps.push(work),
      ...(password !== undefined && { password }),
    })
  })
  beforeEach(async () => {
    await mustSay(server, ['FLUSHALL'], ['CONFIG', 'RESETSTAT'])
  })
  afterAll(async () => {
    for (const work of cleanUps) await work()
  })
  return () => server
}

describe.skipIf(!hasRedis)(`cachectl kv at a server that speaks RESP ${NEEDS_REDIS}`, () => {
  const server = sharedServer()

  it('finds out what it speaks, stores and reads back', async () => {
    const { where } = server()
    expect(await said('set', where, 'greeting', 'hello', '--ttl', '15m')).toBe('OK\n')
    expect(await said('get', where, 'greeting')).toBe('hello')
    expect(JSON.parse(await said('get', where, 'greeting', '--output', 'json'))).toEqual({
      key: 'greeting',
      value: 'hello',
    })
    const { ttlMs } = JSON.parse(await said('ttl', where, 'greeting', '--output', 'json'))
    expect(ttlMs).toBeGreaterThan(890_000)
    expect(await said('locate', where, 'greeting')).toBe(`${where} (slot 12714)\n`)
  })

  it('adds, counts, touches and deletes, and says with exit code 1 what was not so', async () => {
    const { where } = server()
    expect(await said('add', where, 'n', '5')).toBe('OK\n')
    expect(await kv('add', where, 'n', '6')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'The key n is there already.\n',
    })
    expect(await said('incr', where, 'n')).toBe('6\n')
    expect(await said('incr', where, 'n', '--by=-9')).toBe('-3\n')
    expect(await said('touch', where, 'n', '90d')).toBe('1\n')
    expect(await said('touch', where, 'n', '0')).toBe('1\n')
    expect(await said('ttl', where, 'n')).toBe('for ever\n')
    expect(await kv('mget', where, 'n', 'other')).toMatchObject({
      code: 1,
      stdout: '{"key":"n","value":"-3"}\n',
      stderr: expect.stringContaining('Not there: other'),
    })
    expect(await said('delete', where, 'n')).toBe('1\n')
    const gone = { code: 1, stderr: 'There is no key n.\n' }
    for (const verb of [['get'], ['ttl'], ['show'], ['delete'], ['touch']]) {
      const rest = verb[0] === 'touch' ? ['1h'] : []
      expect(await kv(...verb, where, 'n', ...rest)).toMatchObject(gone)
    }
  })

  it('keeps values from files byte for byte', async () => {
    const { where } = server()
    const bytes = Buffer.from([0, 255, 13, 10, 36, 45, 49])
    await said('set', where, 'a key with spaces', '--file', scratchFile('in', bytes))
    const view = JSON.parse(await said('get', where, 'a key with spaces', '--output', 'json'))
    expect(Buffer.from(view.base64, 'base64').equals(bytes)).toBe(true)
  })

  it('shows a key of each type, and how much it leaves out', async () => {
    const { where } = server()
    await mustSay(
      server(),
      ['SET', 'string', `${'x'.repeat(4095)}é and more`],
      ['HSET', 'hash', 'a', '1', 'b', Buffer.from([0xff])],
      ['RPUSH', 'list', '1', '2', '3'],
      ['SADD', 'set', 'one'],
      ['ZADD', 'zset', '-inf', 'low', '2.5', 'high'],
      ['XADD', 'stream', '1-1', 'f', 'v'],
      ['XADD', 'stream', '2-1', 'g', 'w'],
    )
    const show = async (key: string) => JSON.parse(await said('show', where, key, '--count', '1', '--output', 'json'))
    expect(await show('string')).toMatchObject({
      type: 'string',
      length: 4106,
      value: 'x'.repeat(4095),
      left: 11,
      ttlMs: null,
    })
    expect(await show('hash')).toMatchObject({
      length: 2,
      fields: [{ field: 'a', value: '1' }],
      left: 1,
      encoding: 'listpack',
    })
    expect(await show('list')).toMatchObject({ length: 3, elements: [{ index: '0', value: '1' }], left: 2 })
    expect(await show('set')).toMatchObject({ length: 1, members: [{ member: 'one' }], left: 0 })
    expect(await show('zset')).toMatchObject({ members: [{ score: '-inf', member: 'low' }], left: 1 })
    expect(await show('stream')).toMatchObject({
      entries: [{ id: '2-1', fields: [{ field: 'g', value: 'w' }] }],
      left: 1,
    })
    const text = await said('show', where, 'hash')
    expect(lines(text)[0]).toMatch(
      /^hash: hash, 2 fields, listpack, .* of memory, for ever, slot 238, on 127\.0\.0\.1:\d+$/,
    )
    expect(text).toContain('│ b     │ \\xff  │')
    expect(lines(await said('show', where, 'list', '--count', '2')).at(-1)).toBe('1 more element.')
  })

  it('shows the same to who gets RESP2', async () => {
    const old = await startRedis(['--rename-command', 'HELLO', ''])
    await mustSay(
      old,
      ['ZADD', 'zset', '-inf', 'low', '2.5', 'high'],
      ['HSET', 'hash', 'a', '1'],
      ['XADD', 's', '1-1', 'f', 'v'],
    )
    const show = async (key: string) => JSON.parse(await said('show', old.where, key, '--output', 'json'))
    expect((await show('zset')).members).toEqual([
      { score: '-inf', member: 'low' },
      { score: '2.5', member: 'high' },
    ])
    expect((await show('hash')).fields).toEqual([{ field: 'a', value: '1' }])
    expect((await show('s')).entries).toEqual([{ id: '1-1', fields: [{ field: 'f', value: 'v' }] }])
    expect(await said('show', old.where, 's')).toContain('│ 1-1 │ f=v    │')
  })

  it('lists keys, as many as it is told, of a type and a pattern', async () => {
    const { where } = server()
    const names = Array.from({ length: 30 }, (_, at) => `k:${at}`)
    await mustSay(
      server(),
      ...names.map((name) => ['SET', name, 'v']),
      ['HSET', 'k:hash', 'a', '1'],
      ['SET', Buffer.from([0xfe, 10]), ''],
    )
    const few = await kv('scan', where, '--count', '7')
    expect(new Set(lines(few.stdout)).size).toBe(7)
    expect(few.stderr).toBe('Stopped after 7 of 32 keys; --count 0 goes on to the end.\n')
    const strings = await kv('scan', where, '--match', 'k:*', '--type', 'string', '--count', '0')
    expect(lines(strings.stdout).sort()).toEqual(names.sort())
    expect(strings.stderr).toBe('30 of 32 keys fit.\n')
    const odd = await kv('scan', where, '--match', '[^k]*', '--output', 'json')
    expect(odd.stderr).toBe('1 of 32 keys fit.\n')
    expect(odd.stdout).toBe('{"keyBase64":"/go="}\n')
    expect((await kv('scan', where, '--match', '[^k]*')).stdout).toBe('\\xfe\\n\n')
  })

  it('carries keys of all types, and their times, to another server', async () => {
    const { where } = server()
    const other = await startRedis()
    await mustSay(
      server(),
      ['SET', 'text', 'grün', 'EX', 3600],
      ['SET', Buffer.from([0xff]), Buffer.from([0xfe])],
      ['HSET', 'hash', 'a', '1'],
    )
    const dump = await said('dump', where)
    expect(lines(dump)).toHaveLength(3)
    const more = `${dump}{"key":"late","value":"x","expires":1}\n{"key":"ofMemcached","flags":7,"value":"m"}\n`
    const loaded = await kv('load', other.where, scratchFile('dump', more))
    expect(loaded).toMatchObject({ code: 0, stderr: 'Stored 4 of 5 items; 1 had expired.\n' })
    const [text, bytes, hash, ttl] = await mustSay(
      other,
      ['GET', 'text'],
      ['GET', Buffer.from([0xff])],
      ['HGET', 'hash', 'a'],
      ['TTL', 'text'],
    )
    expect([text, bytes, hash]).toEqual([Buffer.from('grün'), Buffer.from([0xfe]), Buffer.from('1')])
    expect(Number(ttl)).toBeGreaterThan(3500)
  })

  it('counts as not stored what a server does not take, and names lines that hold nothing', async () => {
    const { where } = server()
    const damaged = scratchFile('dump', '{"key":"h","type":"hash","dump":"AAAA"}\n{"key":"k","value":"v"}\n')
    expect(await kv('load', where, damaged)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'Stored 1 of 2 items; 0 had expired.\nNot stored: DUMP payload version or checksum are wrong',
      ),
    })
    for (const [line, problem] of [
      ['{}', 'no key'],
      ['nonsense', 'no JSON'],
      ['{"key":"k"}', 'neither value nor base64'],
    ] as const) {
      expect((await kv('load', where, scratchFile('bad', line))).stderr).toContain(`Line 1: ${problem}.`)
    }
  })

  it('flushes, and shows the sections of INFO', async () => {
    const { where } = server()
    await mustSay(server(), ['SET', 'k', 'v'])
    expect(await said('flush', where, '--yes')).toBe(`${where} OK\n`)
    const [{ node, stats }] = JSON.parse(await said('stats', where, 'replication', '--output', 'json'))
    expect(node).toBe(where)
    expect(stats).toMatchObject({ role: 'master', connected_slaves: '0' })
    expect(await kv('stats', where, 'nonsense')).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('no section nonsense'),
    })
    expect(await mustSay(server(), ['DBSIZE'])).toEqual([0n])
  })

  it('loads it for a while, and counts what it did', async () => {
    const { where } = server()
    const args = ['--time', '300ms', '--connections', '4', '--pipeline', '2', '--keys', '100', '--output', 'json']
    const report = JSON.parse(await said('bench', where, ...args))
    expect(report).toMatchObject({ nodes: 1, misses: 0, refused: 0 })
    expect(report.gets).toBeGreaterThan(report.sets)
    const [{ stats }] = JSON.parse(await said('stats', where, 'stats', '--output', 'json'))
    expect(Number(stats.keyspace_hits)).toBe(report.gets)
  })

  it('keeps databases apart', async () => {
    const { where } = server()
    await said('set', where, 'k', 'three', '--database', '3')
    expect((await kv('get', where, 'k')).code).toBe(1)
    expect(await said('get', where, 'k', '--database', '3')).toBe('three')
  })

  it('refuses what is only for Memcached', async () => {
    const { where } = server()
    for (const args of [
      ['--hash', 'modulo', '--protocol', 'resp'],
      ['--discover', '--protocol', 'resp'],
    ]) {
      expect((await kv('get', where, 'k', ...args)).code).toBe(252)
    }
    expect((await kv('set', where, 'k', 'v', '--client-flags', '1')).code).toBe(252)
  })

  it.skipIf(!hasTerminal)('lets nothing through to a terminal that it would obey', async () => {
    const { where } = server()
    const evil = Buffer.from('\x1b]0;evil\x07\x9b2J')
    await mustSay(server(), ['SET', evil, evil], ['HSET', 'h', evil, evil], ['XADD', 's', '1-1', evil, evil])
    for (const args of [
      ['scan', where],
      ['show', where, 'h'],
      ['show', where, 's'],
      ['mget', where, evil.toString()],
    ]) {
      const { raw } = await onTerminal(['kv', ...args])
      expect(raw).not.toMatch(/\x1b\]|\x07|\x9b/)
    }
  })
})

describe.skipIf(!hasRedis)(`cachectl kv at a server with users ${NEEDS_REDIS}`, () => {
  const server = sharedServer([], 'secret')

  it('logs in by a file or the environment, and never by the line', async () => {
    const { where } = server()
    const file = scratchFile('password', 'secret\n')
    expect(await said('set', where, 'k', 'v', '--password-file', file)).toBe('OK\n')
    expect(await cachectl(['kv', 'get', where, 'k'], { CACHECTL_KV_PASSWORD: 'secret' })).toMatchObject({
      code: 0,
      stdout: 'v',
    })
    await mustSay(server(), ['ACL', 'SETUSER', 'jo', 'reset', 'on', '>pass', '~shop:*', '+get'])
    const jo = (key: string) => cachectl(['kv', 'get', where, key, '--user', 'jo'], { CACHECTL_KV_PASSWORD: 'pass' })
    await mustSay(server(), ['SET', 'shop:1', 'mine'])
    expect(await jo('shop:1')).toMatchObject({ code: 0, stdout: 'mine' })
    expect(await jo('k')).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('the user may not do that: NOPERM '),
    })
  })

  it('says what a login lacks', async () => {
    const { where } = server()
    const wrong = { CACHECTL_KV_PASSWORD: 'guess' }
    expect(await kv('get', where, 'k')).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('the server wants a login: NOAUTH'),
    })
    const refused = await cachectl(['kv', 'get', where, 'k'], wrong)
    expect(refused).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('does not know this user with this password'),
    })
    expect(refused.stderr).not.toContain('guess')
    expect(await kv('get', where, 'k', '--user', 'jo')).toMatchObject({
      code: 252,
      stderr: expect.stringContaining('--password-file'),
    })
    const json = await cachectl(['kv', 'get', where, 'k', '--cli-error-format', 'json'], wrong)
    expect(JSON.parse(json.stderr)).toMatchObject({ code: 'WRONGPASS', exitCode: 255 })
  })

  it.skipIf(!hasTerminal)('asks a terminal for the password, and shows nothing of it', async () => {
    const { where } = server()
    await mustSay(server(), ['SET', 'k', 'the value'])
    const { text, code } = await onTerminal(['kv', 'get', where, 'k'], {
      answers: [['Password of default', 'secret\r']],
    })
    expect(code).toBe(0)
    expect(text).toContain('the value')
    expect(text).not.toContain('secret')
  })
})

describe.skipIf(!hasRedis)(`cachectl kv at a cluster ${NEEDS_REDIS}`, () => {
  const cleanUps: (() => Promise<void>)[] = []
  let servers: readonly RedisServer[]
  beforeAll(async () => {
    servers = await startRedisCluster(3, [], { atEnd: (work) => cleanUps.push(work) })
  })
  afterAll(async () => {
    for (const work of cleanUps) await work()
  })

  it('reaches every key from any node, and all of them by scan, stats, dump and flush', async () => {
    const [first = '', second = ''] = servers.map(({ where }) => where)
    const keys = Array.from({ length: 20 }, (_, at) => `k${at}`)
    for (const key of keys.slice(0, 3)) expect(await said('set', first, key, key)).toBe('OK\n')
    const dump = keys.map((key) => `${JSON.stringify({ key, value: key })}\n`).join('')
    await said('load', first, scratchFile('dump', dump))
    expect(lines(await said('mget', second, ...keys))).toHaveLength(20)
    expect(lines(await said('scan', second)).sort()).toEqual([...keys].sort())
    expect(lines(await said('dump', `127.0.0.1:1,${second}`))).toHaveLength(20)
    const stats = JSON.parse(await said('stats', first, 'cluster', '--output', 'json'))
    expect(stats).toHaveLength(3)
    expect(stats[0].stats).toMatchObject({ cluster_enabled: '1', cluster_state: 'ok' })
    const { slot, node } = JSON.parse(await said('locate', first, 'k1', '--output', 'json'))
    expect(slot).toBe(12_706)
    expect(node).toBe(servers[2]?.where)
    expect((await said('flush', first, '--yes')).match(/ OK\n/g)).toHaveLength(3)
    expect((await kv('scan', first)).stderr).toBe('0 keys.\n')
  })

  it('shows the statistics of those that answer, and says which do not', async () => {
    const [first, second] = await startRedisCluster(2)
    await second?.stop()
    const { code, stdout, stderr } = await kv('stats', first?.where ?? '', 'cluster', '--output', 'json')
    expect(JSON.parse(stdout)).toEqual([
      { node: first?.where, stats: expect.objectContaining({ cluster_enabled: '1' }) },
    ])
    expect(stderr).toContain(`${first?.where} says that ${second?.where} is of its cluster, which cannot be reached`)
    expect(code).toBe(1)
  })
})

describe.skipIf(!hasRedis)(`cachectl kv at a cache by its name ${NEEDS_REDIS}`, () => {
  const server = sharedServer()
  const end = (name: string) => `<${name}><Address>127.0.0.1</Address><Port>${server().port}</Port></${name}>`
  const replies: Record<string, (id: string) => string | undefined> = {
    DescribeCacheClusters: (id) =>
      id === 'alone'
        ? `<CacheClusters><CacheCluster><CacheClusterId>alone</CacheClusterId><Engine>redis</Engine><CacheNodes><CacheNode><CacheNodeId>0001</CacheNodeId>${end('Endpoint')}</CacheNode></CacheNodes></CacheCluster></CacheClusters>`
        : undefined,
    DescribeReplicationGroups: (id) =>
      id === 'group'
        ? `<ReplicationGroups><ReplicationGroup><ReplicationGroupId>group</ReplicationGroupId><Engine>valkey</Engine><NodeGroups><NodeGroup><NodeGroupId>0001</NodeGroupId>${end('PrimaryEndpoint')}</NodeGroup></NodeGroups></ReplicationGroup></ReplicationGroups>`
        : id === 'sharded'
          ? `<ReplicationGroups><ReplicationGroup><ReplicationGroupId>sharded</ReplicationGroupId>${end('ConfigurationEndpoint')}</ReplicationGroup></ReplicationGroups>`
          : undefined,
  }
  const notFound: Record<string, string> = {
    DescribeCacheClusters: 'CacheClusterNotFound',
    DescribeServerlessCaches: 'ServerlessCacheNotFoundFault',
    DescribeReplicationGroups: 'ReplicationGroupNotFoundFault',
  }
  const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_REGION: 'us-west-2' }
  const kvAt = async (...args: string[]) => {
    const { url } = await recordRequests(({ action, parameters }) => {
      const inside = replies[action]?.(parameters.CacheClusterId ?? parameters.ReplicationGroupId ?? '')
      if (inside !== undefined) return { body: result(action, inside) }
      return { status: 404, body: errorBody(notFound[action] ?? 'InvalidAction', 'not there') }
    })
    return cachectl(['kv', ...args, '--endpoint-url', url], keys)
  }

  it.each(['alone', 'group', 'sharded'])('speaks what the API says of its engine: %s', async (name) => {
    expect(await kvAt('set', name, 'k', 'v')).toMatchObject({ code: 0, stdout: 'OK\n' })
    expect(await kvAt('get', name, 'k')).toMatchObject({ code: 0, stdout: 'v' })
  })

  it('says that there is none of that name', async () => {
    expect(await kvAt('get', 'nothing', 'k')).toMatchObject({
      code: 254,
      stderr: expect.stringContaining('CacheClusterNotFound'),
    })
  })
})

describe.skipIf(!hasRedis)(`cachectl kv at groups of the local engine ${NEEDS_REDIS}`, () => {
  it('finds every key of every shard by the name of the group', async () => {
    const home = temporaryHome()
    await home.answer('engine', 'start', '--port', '0', '--pace', 'instant')
    const group = [
      '--replication-group-id',
      'shards',
      '--replication-group-description',
      'of tests',
      '--engine',
      'redis',
    ]
    const shape = ['--num-node-groups', '2', '--replicas-per-node-group', '0', '--automatic-failover-enabled']
    const type = ['--cache-node-type', 'cache.t4g.micro', '--wait']
    const made = await home.cachectl('create-replication-group', ...group, ...shape, ...type)
    expect(made).toMatchObject({ code: 0 })
    const keys = Array.from({ length: 10 }, (_, at) => `k${at}`)
    const dump = keys.map((key) => `${JSON.stringify({ key, value: key })}\n`).join('')
    expect((await home.cachectl('kv', 'load', 'shards', scratchFile('dump', dump))).code).toBe(0)
    expect(lines(await home.answer('kv', 'mget', 'shards', ...keys))).toHaveLength(10)
    expect(lines((await home.cachectl('kv', 'scan', 'shards')).stdout).sort()).toEqual(keys)
    const nodes = await Promise.all(keys.map((key) => home.answer('kv', 'locate', 'shards', key, '--query', 'node')))
    expect(new Set(nodes).size).toBe(2)
  })
})

describe('cachectl kv at a server that refuses', () => {
  it.each([
    ['WRONGTYPE Operation against a key', 'the key holds a value of another type', 'kv show'],
    ['CLUSTERDOWN The cluster is down', 'the cluster does not serve this key', 'kv stats'],
    ["READONLY You can't write", 'the server is a replica, and takes no changes', 'master_host'],
    ['LOADING Redis is loading', 'the server is still loading its data', 'Try again'],
    ['NOPERM no permissions', 'the user may not do that', 'access string'],
    ['OOM command not allowed', 'the memory is full', 'maxmemory-policy'],
    ['MOVED 1 127.0.0.1:1', 'says that slot 1 is on 127.0.0.1:1, which cannot be reached', 'cluster-announce-ip'],
  ])('tells what is the matter and what to do next: %s', async (error, matter, next) => {
    const port = await scriptedResp(([name]) => (name === 'INCRBY' ? `-${error}\r\n` : '-ERR unknown command\r\n'))
    const { code, stderr } = await kv('incr', `127.0.0.1:${port}`, 'k')
    expect(code).toBe(255)
    expect(stderr).toContain(`127.0.0.1:${port}`)
    expect(stderr).toContain(matter)
    expect(stderr).toContain(next)
  })

  it('says what answers when it is no RESP, or nothing at all', async () => {
    const odd = await scriptedResp(([name]) => (name === 'HELLO' ? 'HTTP/1.1 400 Bad Request\r\n\r\n' : '-ERR\r\n'))
    expect(await kv('get', `127.0.0.1:${odd}`, 'k')).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('not an answer in RESP: "HTTP/1.1 400 Bad Request"'),
    })
    const silent = await scriptedResp(() => '')
    const waited = await kv('get', `127.0.0.1:${silent}`, 'k', '--timeout', '200ms')
    expect(waited).toMatchObject({ code: 255, stderr: expect.stringContaining('no answer in 200 ms') })
    const { code, stderr } = await kv('scan', '127.0.0.1:1')
    expect({ code, stderr }).toEqual({ code: 255, stderr: expect.stringContaining('ECONNREFUSED') })
  })
})
