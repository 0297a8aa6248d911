import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { RedisNode } from '../../../../src/engine/nodes/redis/node.ts'
import { RedisReader } from '../../../../src/engine/nodes/redis/reader.ts'
import { itemsOf, textOf } from '../../../../src/protocols/resp/reply.ts'
import { hasOpenssl, issueCertificate } from '../../../discovery/certificates.ts'
import { temporaryDirectory } from '../../../support/engine.ts'
import { eventually } from '../../../support/eventually.ts'
import { ALL_SERVERS, kill, nextPort, OPEN, say, specOf, startNode, TestClient } from '../../../support/redis-node.ts'

const ESTABLISHED = '01'
const NO_TIMER = '00'
const KEEP_ALIVE_TIMER = '02'

/** Of the connections that clients have to a port, as Linux writes them down. */
const timersOf = (port: number): (string | undefined)[] =>
  readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === ESTABLISHED && Number(`0x${local?.split(':')[1]}`) === port)
    .map(([, , , , , timer]) => timer?.split(':')[0])

const isSynced = async (node: RedisNode) => (await node.status()).inSync && (await node.status()).role === 'replica'

describe.each(ALL_SERVERS)('a node of $name (skipped where it is not installed)', ({ name, isMissing, isEmbedded }) => {
  test.skipIf(isMissing)('answers its clients, and not what ElastiCache keeps to itself', async () => {
    const spec = specOf(name)
    await startNode(spec)
    const client = new TestClient(spec.port)
    expect(await client.say('SET', 'a', '1')).toBe('OK')
    expect(await client.say('GET', 'a')).toBe('1')
    expect(await client.say('CONFIG', 'GET', 'port')).toMatch(
      /^ERR unknown command 'CONFIG', with args beginning with: 'GET' 'port'/,
    )
    for (const command of ['SHUTDOWN', 'DEBUG', 'REPLICAOF', 'MIGRATE', 'BGSAVE', 'SAVE', 'SYNC', 'FAILOVER', 'MODULE'])
      expect(await client.say(command)).toMatch(/^ERR unknown command/)
    for (const command of [
      ['PSYNC', '?', '-1'],
      ['ACL', 'SETUSER', 'x'],
      ['CLUSTER', 'MEET', '127.0.0.1', '1'],
    ])
      expect(await client.say(...command)).toMatch(/^ERR unknown command/)
    // A server's door knows what was refused, not what was said.
    expect(await client.say('CLUSTER', 'MEET', '127.0.0.1', '1')).toBe(
      isEmbedded
        ? "ERR unknown command 'CLUSTER', with args beginning with: 'MEET' '127.0.0.1' '1'"
        : "ERR unknown command 'cluster', with args beginning with: 'meet'",
    )
    expect(await client.say('ACL', 'WHOAMI')).toBe('default')
  })

  test.skipIf(isMissing || process.platform !== 'linux')(
    'has the system ask a silent client whether it is still there, unless tcp-keepalive is 0',
    async () => {
      const asking = specOf(name)
      const silent = specOf(name, { live: { ...OPEN, directives: { 'tcp-keepalive': '0' } } })
      for (const spec of [asking, silent]) {
        await startNode(spec)
        expect(await new TestClient(spec.port).say('PING')).toBe('PONG')
      }
      await eventually('the timer of the first runs', () => String(timersOf(asking.port)) === KEEP_ALIVE_TIMER)
      expect(timersOf(silent.port)).toEqual([NO_TIMER])
    },
  )

  test.skipIf(isMissing)('tells clients of their users alone, without what the engine has added', async () => {
    const spec = specOf(name, {
      live: { ...OPEN, users: [...OPEN.users, 'app on >pass ~app:* -@all +@read -getrange'] },
    })
    await startNode(spec)
    const client = new TestClient(spec.port)
    const linesOf = async (...command: string[]) => itemsOf(await client.reply(...command)).map(textOf)
    expect(await linesOf('ACL', 'USERS')).toEqual(['app', 'default'])
    const lines = await linesOf('acl', 'list')
    expect(lines.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual(['user app on', 'user default on'])
    expect(lines.join(' ')).not.toMatch(/#|psync|cluster/)
    expect(lines[0]).toContain('-getrange')
    expect(await client.say('PING')).toBe('PONG')
  })

  test.skipIf(isMissing)('tells nobody but the user it runs as what its secrets are', async () => {
    const spec = specOf(name)
    const node = await startNode(spec)
    expect(statSync(spec.directory).mode & 0o777).toBe(0o700)
    for (const file of ['server.conf', 'server.json', 'server.log'])
      expect(statSync(join(spec.directory, file)).mode & 0o777).toBe(0o600)
    if (process.platform === 'linux' && !isEmbedded)
      expect(readFileSync(`/proc/${node.pid}/cmdline`, 'latin1')).not.toContain(spec.secret)
    expect(readFileSync(join(spec.directory, 'server.log'), 'latin1')).not.toContain(spec.secret)
  })

  test.skipIf(isMissing)(
    'takes changes of directives and users while it runs, and ends whom it no longer knows',
    async () => {
      const spec = specOf(name, {
        live: { ...OPEN, directives: { 'maxmemory-policy': 'volatile-lru', maxmemory: '10mb' } },
      })
      const node = await startNode(spec)
      const info = () => say(spec.port, 'INFO', 'memory')
      expect(await info()).toContain('maxmemory_policy:volatile-lru')
      await node.adjust({ ...spec.live, users: [...OPEN.users, 'app on >pass ~app:* +@all'] })
      const client = new TestClient(spec.port)
      expect(await client.say('AUTH', 'app', 'pass')).toBe('OK')
      expect(await client.say('SET', 'other', '1')).toMatch(/^NOPERM/)
      expect(await client.say('SET', 'app:1', '1')).toBe('OK')
      await node.adjust({
        ...OPEN,
        directives: { 'maxmemory-policy': 'allkeys-lru', 'no-such': '1', maxmemory: '20mb' },
      })
      await client.closed
      expect(await info()).toContain('maxmemory:20971520')
      expect((await node.status()).refusals).toEqual({ 'no-such': expect.stringMatching(/Unknown option/) })
    },
  )

  test.skipIf(isMissing)('that does not start says why in the words of its program', async () => {
    const spec = specOf(name, { fixed: { databases: 'many' } })
    await expect(startNode(spec)).rejects.toMatchObject({
      code: 'incompatible-parameters',
      message: expect.stringMatching(/databases/),
    })
    const holder = specOf(name)
    await startNode(holder)
    await expect(startNode(specOf(name, { innerPort: holder.innerPort }))).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test.skipIf(isMissing || isEmbedded)('is told of when it dies, and starts anew without what it had', async () => {
    const spec = specOf(name)
    const node = await startNode(spec)
    await say(spec.port, 'SET', 'a', '1')
    const ended = new Promise<string>((resolve) => node.onEnd(resolve))
    await kill(node)
    expect(await ended).toBe('SIGKILL')
    await node.stop()
    await startNode({ ...spec, incarnation: 2 })
    expect(await say(spec.port, 'DBSIZE')).toBe('0')
  })

  test.skipIf(isMissing)('replicates to others, which take its place without a loss', async () => {
    const primary = specOf(name, { live: { ...OPEN, role: 'primary' } })
    const role = { replicaOf: { port: primary.port, innerPort: primary.innerPort } }
    const replica = specOf(name, { secret: primary.secret, live: { ...OPEN, closeOnReplicaWrite: true, role } })
    const [first, second] = [await startNode(primary), await startNode(replica)]
    await say(primary.port, 'SET', 'a', '1')
    await eventually('the replica is in sync', () => isSynced(second))
    await eventually('it has the key', async () => (await say(replica.port, 'GET', 'a')) === '1')
    const writer = new TestClient(replica.port)
    expect(await writer.say('SET', 'a', '2')).toBe("READONLY You can't write against a read only replica.")
    await writer.closed
    const place = { port: replica.port, innerPort: replica.innerPort }
    await second.adjust({ ...OPEN, role: 'primary' })
    await first.adjust({ ...OPEN, role: { replicaOf: place } })
    await eventually('they have changed places', async () => (await isSynced(first)) && (await second.status()).agrees)
    expect(await say(replica.port, 'SET', 'a', '3')).toBe('OK')
    await kill(second)
    await first.adjust({ ...OPEN, role: 'primary' })
    await eventually('the first is primary again', async () => (await say(primary.port, 'SET', 'a', '4')) === 'OK')
  })

  test.skipIf(isMissing)('lets in those it is told to, by both families, and its own servers always', async () => {
    const primary = specOf(name)
    const node = await startNode(primary, { ingress: [{ cidr: '::1/128', ports: null }] })
    await node.listen({ host: '::1', port: primary.port })
    expect(await say(primary.port, 'PING')).toBe('CLOSED')
    expect(await new TestClient(primary.port, { host: '::1' }).say('PING')).toBe('PONG')
    const role = { replicaOf: { port: primary.port, innerPort: primary.innerPort } }
    const second = await startNode(specOf(name, { secret: primary.secret, live: { ...OPEN, role } }))
    await eventually('the replica is in sync', () => isSynced(second))
    node.allow([{ cidr: '127.0.0.1/32', ports: null }])
    expect(await say(primary.port, 'PING')).toBe('PONG')
    node.impair({ silent: [], reset: ['IPv4'], delayMs: 0, bytesPerSecond: 0 })
    expect(await say(primary.port, 'PING')).toBe('CLOSED')
    node.impair(null)
    const endpoint = nextPort()
    await node.listen({ host: '127.0.0.1', port: endpoint })
    expect(await say(endpoint, 'PING')).toBe('PONG')
  })

  test.skipIf(isMissing || !hasOpenssl)(
    'speaks plain text, both, or TLS only on one port, and replicates all the while',
    async () => {
      const { ca, ...pem } = issueCertificate('DNS:localhost', 'IP:127.0.0.1')
      const primary = specOf(name)
      const node = await startNode(primary)
      const role = { replicaOf: { port: primary.port, innerPort: primary.innerPort } }
      const replica = await startNode(specOf(name, { secret: primary.secret, live: { ...OPEN, role } }))
      const plain = new TestClient(primary.port)
      expect(await plain.say('PING')).toBe('PONG')
      node.renewCertificate(pem)
      await node.adjust({ ...OPEN, transit: 'either' })
      const secure = new TestClient(primary.port, { ca })
      expect(await secure.say('PING')).toBe('PONG')
      expect(await plain.say('PING')).toBe('PONG')
      expect(await say(primary.port, 'PING')).toBe('PONG')
      await node.adjust({ ...OPEN, transit: 'tls' })
      await plain.closed
      expect(await say(primary.port, 'PING')).toBe('CLOSED')
      expect(await secure.say('SET', 'late', '1')).toBe('OK')
      await eventually(
        'the replica has it',
        async () => (await isSynced(replica)) && (await secure.say('WAIT', '1', '100')) === '1',
      )
      await node.adjust({ ...OPEN, transit: 'plain' })
      expect(await say(primary.port, 'GET', 'late')).toBe('1')
    },
  )

  test.skipIf(isMissing)('passes on what is large, both ways, to clients that read late', async () => {
    const spec = specOf(name)
    await startNode(spec)
    const value = 'x'.repeat(20_000_000)
    const client = new TestClient(spec.port)
    expect(await client.say('SET', 'big', value)).toBe('OK')
    const replies = await Promise.all([1, 2, 3].map(() => client.say('GET', 'big')))
    expect(replies.every((reply) => reply === value)).toBe(true)
  })

  test.skipIf(isMissing)('is written to a file, and starts from one', async () => {
    const spec = specOf(name)
    const node = await startNode(spec)
    await say(spec.port, 'HSET', 'a', 'field', 'value')
    const file = join(temporaryDirectory(), 'snapshot.rdb')
    await node.save(file)
    const restored = specOf(name, { rdb: file })
    await startNode(restored)
    expect(await say(restored.port, 'HGET', 'a', 'field')).toBe('value')
  })

  test.skipIf(isMissing)('may be in a directory whose path is too long for a socket', async () => {
    const directory = join(temporaryDirectory(), 'long'.repeat(20), 'long'.repeat(20), 'node')
    const spec = specOf(name, { directory })
    await startNode(spec)
    expect(await say(spec.port, 'PING')).toBe('PONG')
  })

  test.skipIf(isMissing)('shares the clients of a reader endpoint with others', async () => {
    const specs = [specOf(name), specOf(name)]
    for (const [index, spec] of specs.entries()) {
      await startNode(spec)
      await say(spec.port, 'SET', 'who', String(index))
    }
    const directories = specs.map(({ directory }) => directory)
    const ingress = [{ cidr: '127.0.0.1/32', ports: null }]
    const reader = new RedisReader(
      { servers: directories, transit: 'plain' },
      { tls: null, ingress },
      (each) => each,
      'secret',
    )
    onTestFinished(() => reader.stop())
    const port = nextPort()
    await reader.listen({ host: '127.0.0.1', port })
    const answers = async (times: number) => {
      const said: string[] = []
      for (let time = 0; time < times; time++) said.push(await say(port, 'GET', 'who'))
      return said
    }
    expect(await answers(4)).toEqual(['0', '1', '0', '1'])
    reader.adjust({ servers: directories.slice(1), transit: 'plain' })
    expect(await answers(2)).toEqual(['1', '1'])
    reader.adjust({ servers: [], transit: 'plain' })
    expect(await answers(1)).toEqual(['CLOSED'])
  })
})
