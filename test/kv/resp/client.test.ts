import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { RespClient, type RespOptions } from '../../../src/kv/resp/client.ts'
import { keySlot } from '../../../src/protocols/resp/hash-slot.ts'
import { isError, textOf } from '../../../src/protocols/resp/reply.ts'
import { CERTIFICATE_ONE } from '../../memcached/support/certificates.ts'
import {
  mustSay,
  PROGRAMS,
  type RedisServer,
  startRedis,
  startRedisCluster,
  startReplica,
} from '../../support/redis-server.ts'
import { scriptedResp } from '../../support/scripted-resp.ts'

const TIMES = { timeoutMs: 5000 }

async function openClient(
  servers: readonly { port: number }[],
  options: Partial<RespOptions> = {},
): Promise<RespClient> {
  const seeds = servers.map(({ port }) => ({ host: '127.0.0.1', port }))
  const client = await RespClient.open(seeds, { ...TIMES, ...options })
  onTestFinished(() => client.close())
  return client
}

const names = (client: RespClient): number[] => client.primaries.map(({ port }) => port)

for (const { program, installed } of PROGRAMS) {
  describe.skipIf(!installed)(`a client of one ${program} (skipped where it is not installed)`, () => {
    const start = (args: readonly string[] = [], password?: string) =>
      startRedis(args, { program, ...(password !== undefined && { password }) })
    it('asks for keys of any bytes, and gets the error of the one command that failed', async () => {
      const client = await openClient([await start()])
      const key = Buffer.from([0, 255, 13, 10])
      await client.ask(key, 'SET', key, 'v')
      const replies = await client.askAbout(key, [
        ['GET', key],
        ['LLEN', key],
        ['STRLEN', key],
      ])
      expect(replies.map(({ reply }) => (isError(reply) ? reply.code : reply))).toEqual([
        Buffer.from('v'),
        'WRONGTYPE',
        1n,
      ])
      await expect(client.ask(key, 'LLEN', key)).rejects.toMatchObject({ name: 'RespRefusal', code: 'WRONGTYPE' })
      expect(client.isCluster).toBe(false)
    })

    it('speaks RESP2 where a server knows no other, with the login', async () => {
      const server = await start(['--rename-command', 'HELLO', ''], 'secret')
      const client = await openClient([server], { login: { password: 'secret' } })
      await client.ask('h', 'HSET', 'h', 'a', '1')
      expect((await client.ask('h', 'HGETALL', 'h')).reply).toEqual([Buffer.from('a'), Buffer.from('1')])
    })

    it('logs in as a user, into a database', async () => {
      const server = await start([], 'secret')
      await mustSay(server, ['ACL', 'SETUSER', 'jo', 'on', '>pass', '~*', '+@all'])
      const client = await openClient([server], { login: { user: 'jo', password: 'pass' }, database: 3 })
      expect(textOf((await client.ask('k', 'ACL', 'WHOAMI')).reply)).toBe('jo')
      expect(textOf((await client.ask('k', 'CLIENT', 'INFO')).reply)).toContain(' db=3 ')
    })

    it.each([
      ['no password', {}, 'NOAUTH'],
      ['a wrong password', { password: 'guess' }, 'WRONGPASS'],
      ['a user who is not there', { user: 'nobody', password: 'secret' }, 'WRONGPASS'],
    ])('is refused with %s', async (_, login, code) => {
      const server = await start([], 'secret')
      await expect(openClient([server], { login })).rejects.toMatchObject({
        name: 'RespRefusal',
        code,
        node: server.where,
      })
    })

    it('speaks TLS to those whose authority it is given', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'cachectl-'))
      onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
      const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
      writeFileSync(cert, CERTIFICATE_ONE.cert)
      writeFileSync(key, CERTIFICATE_ONE.key)
      const server = await start()
      const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert]
      const settings = [...files, '--tls-auth-clients', 'no'].map((each) => each.replace(/^--/, ''))
      await mustSay(server, ['CONFIG', 'SET', ...settings])
      const free = createServer()
      await once(free.listen(0, '127.0.0.1'), 'listening')
      const { port } = free.address() as AddressInfo // it listens on TCP
      await once(free.close(), 'close')
      await mustSay(server, ['CONFIG', 'SET', 'tls-port', port])
      const client = await openClient([{ port }], { tls: { ca: CERTIFICATE_ONE.cert } })
      expect(textOf((await client.ask('k', 'PING')).reply)).toBe('PONG')
      await expect(openClient([{ port }], { tls: {} })).rejects.toMatchObject({ name: 'Unreachable' })
    })

    it('takes the first of several that can be reached, and refuses several without cluster mode', async () => {
      const server = await start()
      await expect(openClient([{ port: 1 }, server])).rejects.toMatchObject({ name: 'NoCluster' })
      await expect(openClient([{ port: 1 }])).rejects.toMatchObject({ name: 'Unreachable', code: 'ECONNREFUSED' })
    })
  })

  describe.skipIf(!installed)(`a client of a cluster of ${program} (skipped where it is not installed)`, () => {
    const cleanUps: (() => Promise<void>)[] = []
    let servers: readonly RedisServer[]
    beforeAll(async () => {
      servers = await startRedisCluster(3, [], { program, atEnd: (work) => cleanUps.push(work) })
    })
    afterAll(async () => {
      for (const work of cleanUps) await work()
    })
    const server = (at: number): RedisServer => servers[at] as RedisServer // there are three
    const idOf = async (at: number): Promise<string> =>
      textOf((await mustSay(server(at), ['CLUSTER', 'MYID']))[0] ?? null)

    it('learns from any node which has which slots, and sends each key to its own', async () => {
      const client = await openClient([server(1)])
      expect(client.isCluster).toBe(true)
      expect(names(client).sort()).toEqual(servers.map(({ port }) => port).sort())
      const keys = Array.from({ length: 300 }, (_, at) => `key:${at}`)
      const set = await client.askAll(keys.map((key) => ({ key, command: ['SET', key, `value of ${key}`] })))
      expect(new Set(set.map(({ reply }) => reply))).toEqual(new Set(['OK']))
      const got = await client.askAll(keys.map((key) => ({ key, command: ['GET', key] })))
      expect(got.map(({ reply }) => textOf(reply))).toEqual(keys.map((key) => `value of ${key}`))
      expect(new Set(got.map(({ node }) => node.port)).size).toBe(3)
    })

    it('learns it by CLUSTER SLOTS where there is no CLUSTER SHARDS', async () => {
      await mustSay(server(0), ['ACL', 'SETUSER', 'old', 'on', 'nopass', '~*', '+@all', '-cluster|shards'])
      const client = await openClient([server(0)], { login: { user: 'old', password: '' } })
      expect(client.isCluster).toBe(true)
      expect(names(client)).toEqual(servers.map(({ port }) => port))
    })

    it('follows keys that have moved, and knows better from then on', async () => {
      const key = '{moving}'
      const slot = keySlot(key)
      const client = await openClient([server(0)])
      const before = client.nodeOf(key)
      const from = servers.findIndex(({ port }) => port === before.port)
      const to = (from + 1) % servers.length
      onTestFinished(async () => {
        for (const each of servers) await mustSay(each, ['DEL', key]).catch(() => undefined)
        for (const each of servers) await mustSay(each, ['CLUSTER', 'SETSLOT', slot, 'NODE', await idOf(from)])
      })
      for (const at of [to, from]) await mustSay(server(at), ['CLUSTER', 'SETSLOT', slot, 'NODE', await idOf(to)])
      const { node } = await client.ask(key, 'SET', key, 'here')
      expect(node.port).toBe(server(to).port)
      expect(client.nodeOf(key).port).toBe(server(to).port)
    })

    it('asks once where a key goes while its slot moves', async () => {
      const key = '{asked}'
      const slot = keySlot(key)
      const client = await openClient([server(0)])
      const from = servers.findIndex(({ port }) => port === client.nodeOf(key).port)
      const to = (from + 1) % servers.length
      onTestFinished(async () => {
        for (const each of servers) await mustSay(each, ['CLUSTER', 'SETSLOT', slot, 'STABLE'])
      })
      await mustSay(server(to), ['CLUSTER', 'SETSLOT', slot, 'IMPORTING', await idOf(from)])
      await mustSay(server(from), ['CLUSTER', 'SETSLOT', slot, 'MIGRATING', await idOf(to)])
      const { node } = await client.ask(key, 'SET', key, 'there')
      expect(node.port).toBe(server(to).port)
      expect(client.nodeOf(key).port).toBe(server(from).port)
      expect(textOf((await client.ask(key, 'GETDEL', key)).reply)).toBe('there')
    })

    it('reads from replicas when it is to', async () => {
      const replica = await startReplica(servers, server(0), { program })
      const client = await openClient([server(1)], { readsReplicas: true })
      const keys = Array.from({ length: 100 }, (_, at) => `r${at}`)
      const key = keys.find((each) => client.nodeOf(each).port === replica.port) ?? ''
      const [answer] = await client.askAll([{ key, command: ['GET', key] }])
      expect(answer).toEqual({
        node: expect.objectContaining({ port: replica.port }),
        command: ['GET', key],
        reply: null,
      })
    })
  })
}

/** Plain RESP2, one server by itself, unless `more` has another answer. */
const alone =
  (more: (words: readonly string[], port: number) => string | undefined) =>
  (words: readonly string[], port: number): string =>
    more(words, port) ?? (words[0] === 'HELLO' ? '-NOPROTO unsupported protocol version\r\n' : '-ERR no\r\n')

describe('a client whose server says odd things', () => {
  it('says which node told of another that cannot be reached', async () => {
    const port = await scriptedResp(alone(([name]) => (name === 'GET' ? '-MOVED 42 127.0.0.1:1\r\n' : undefined)))
    const client = await openClient([{ port }])
    await expect(client.ask('k', 'GET', 'k')).rejects.toMatchObject({
      name: 'LostNode',
      code: 'ECONNREFUSED',
      message: expect.stringContaining(
        `127.0.0.1:${port} says that slot 42 is on 127.0.0.1:1, which cannot be reached: `,
      ),
    })
  })

  it('says which node of a cluster cannot be reached', async () => {
    const port = await scriptedResp(
      alone((words) =>
        words[1] === 'SLOTS' ? '*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:1\r\n' : undefined,
      ),
    )
    const client = await openClient([{ port }])
    await expect(client.ask('k', 'GET', 'k')).rejects.toMatchObject({
      name: 'LostNode',
      message: expect.stringContaining(
        `127.0.0.1:${port} says that 127.0.0.1:1 is of its cluster, which cannot be reached: `,
      ),
    })
  })

  it('gives up when it is sent in circles', async () => {
    const port = await scriptedResp(alone(([name], own) => (name === 'GET' ? `-MOVED 42 :${own}\r\n` : undefined)))
    const client = await openClient([{ port }])
    await expect(client.ask('k', 'GET', 'k')).rejects.toMatchObject({ name: 'TooManyRedirects' })
  })

  it('says that a slot is served by nobody', async () => {
    const port = await scriptedResp(alone((words) => (words[1] === 'SHARDS' ? '*0\r\n' : undefined)))
    const client = await openClient([{ port }])
    await expect(client.ask('k', 'GET', 'k')).rejects.toMatchObject({ name: 'RespRefusal', code: 'CLUSTERDOWN' })
  })

  it('goes past what it has not asked for', async () => {
    const port = await scriptedResp(
      alone(([name]) => (name === 'GET' ? '>2\r\n+message\r\n+hi\r\n$1\r\nv\r\n' : undefined)),
    )
    const client = await openClient([{ port }])
    expect((await client.ask('k', 'GET', 'k')).reply).toEqual(Buffer.from('v'))
  })

  it('names what answers in another language, and what keeps silent', async () => {
    const port = await scriptedResp(([name]) => (name === 'HELLO' ? 'ERROR\r\n' : ''))
    await expect(openClient([{ port }])).rejects.toMatchObject({
      name: 'BadReply',
      message: 'not an answer in RESP: "ERROR"',
    })
    const silent = await scriptedResp(() => '')
    await expect(openClient([{ port: silent }], { timeoutMs: 50 })).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  })
})
