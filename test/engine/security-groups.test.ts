import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CONTROL } from '../../src/api/local-engine.ts'
import type { SecurityGroupReport } from '../../src/api/local-network.ts'
import { admissionOf } from '../../src/engine/network/ingress.ts'
import { control } from '../support/control.ts'
import { memcached, startTestEngine, type TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'

const REGION = 'us-west-2'
const DEFAULT = 'sg-00000000000000000'

const call = <T = SecurityGroupReport>(engine: TestEngine, action: string, request: object): Promise<T> =>
  control(engine, 'POST', `${CONTROL.securityGroups}/${action}`, { region: REGION, ...request })

interface Port {
  readonly port: number
  readonly requested: number
}

/** A cluster with one node in the group `cache`, which lets in nobody yet, and its node's port. */
async function withCluster(settings: object = {}): Promise<{ engine: TestEngine } & Port> {
  const engine = await startTestEngine()
  await call(engine, 'create', { groupName: 'cache', groupId: 'sg-cache' })
  const requested = 21_000
  await engine.client().createCacheCluster({
    ...memcached('shop'),
    Port: requested,
    SecurityGroupIds: ['sg-cache'],
    ...settings,
  })
  await engine.until('shop', 'available')
  const port = (await engine.status()).clusters[0]?.nodes[0]?.port as number
  return { engine, port, requested }
}

/** What a client from `localAddress` gets: the first line, or nothing and the end of the connection. */
function from(localAddress: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: localAddress.includes(':') ? '::1' : '127.0.0.1', port, localAddress })
    onTestFinished(() => void socket.destroy())
    let answer = ''
    socket.on('connect', () => socket.write('version\r\n'))
    socket.on('data', (chunk) => {
      answer += chunk
      socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
  })
}

const VERSION = /^VERSION/

/** macOS has 127.0.0.1 and no other address of 127.0.0.0/8. */
const withManySources = test.skipIf(process.platform === 'darwin')

describe('ingress rules', () => {
  withManySources('decide by source address: what none of them names is turned away without a byte', async () => {
    const { engine, port } = await withCluster()
    expect(await from('127.0.0.1', port)).toBe('')
    await call(engine, 'authorize', { group: 'cache', ports: '21000', sources: ['127.0.0.2/32'] })
    expect(await from('127.0.0.2', port)).toMatch(VERSION)
    expect(await from('127.0.0.1', port)).toBe('')
    await call(engine, 'revoke', { group: 'cache', sources: ['127.0.0.2'] })
    expect(await from('127.0.0.2', port)).toBe('')
  })

  test('decide by family', async () => {
    const { engine, port } = await withCluster({ NetworkType: 'dual_stack', IpDiscovery: 'ipv4' })
    await call(engine, 'authorize', { group: 'cache', ports: 'all', sources: ['::1'] })
    expect(await from('::1', port)).toMatch(VERSION)
    expect(await from('127.0.0.1', port)).toBe('')
    await call(engine, 'authorize', { group: 'cache', ports: 'all', sources: ['127.0.0.0/8'] })
    expect(await from('127.0.0.1', port)).toMatch(VERSION)
    await call(engine, 'revoke', { group: 'cache', sources: ['::1/128'] })
    expect(await from('::1', port)).toBe('')
  })

  test('for the port of the cluster open all its nodes and the configuration endpoint; for another, that one', async () => {
    const { engine, port } = await withCluster({ NumCacheNodes: 2 })
    const { clusters } = await engine.status()
    const other = clusters[0]?.nodes[1]?.port as number
    const endpoint = clusters[0]?.endpoint?.port as number
    await call(engine, 'authorize', { group: 'cache', ports: String(other), sources: ['127.0.0.1'] })
    expect(await from('127.0.0.1', port)).toBe('')
    expect(await from('127.0.0.1', other)).toMatch(VERSION)
    await call(engine, 'authorize', { group: 'cache', ports: '20999-21000', sources: ['127.0.0.1'] })
    for (const each of [port, other, endpoint]) expect(await from('127.0.0.1', each)).toMatch(VERSION)
  })

  withManySources('that name a group let in its members', async () => {
    const { engine, port } = await withCluster()
    await call(engine, 'create', { groupName: 'web', members: ['127.0.1.0/24'] })
    await call(engine, 'authorize', { group: 'sg-cache', ports: '21000', sources: ['web'] })
    expect(await from('127.0.1.7', port)).toMatch(VERSION)
    expect(await from('127.0.0.1', port)).toBe('')
    await expect(call(engine, 'delete', { group: 'web' })).rejects.toThrow(/Rules of cache name web/)
  })

  withManySources('hold before the handshake of TLS', async () => {
    const { engine, port } = await withCluster({ TransitEncryptionEnabled: true })
    await call(engine, 'authorize', { group: 'cache', ports: '21000', sources: ['127.0.0.2'] })
    const ca = readFileSync(join(engine.stateDir, 'ca.pem'))
    const secure = (localAddress: string) =>
      new Promise<string>((resolve) => {
        const tcp = connect({ host: '127.0.0.1', port, localAddress })
        const socket = connectTls({ socket: tcp, ca, servername: 'localhost' }, () => socket.write('version\r\n'))
        onTestFinished(() => void tcp.destroy())
        tcp.on('error', () => undefined)
        socket.on('data', (chunk) => resolve(String(chunk)))
        socket.on('error', () => resolve(''))
        socket.on('close', () => resolve(''))
      })
    expect(await secure('127.0.0.2')).toMatch(VERSION)
    expect(await secure('127.0.0.1')).toBe('')
  })

  test('leave connections that are there alone', async () => {
    const { engine, port } = await withCluster()
    await call(engine, 'authorize', { group: 'cache', ports: '21000', sources: ['127.0.0.1'] })
    const socket = await open(port)
    await call(engine, 'revoke', { group: 'cache', sources: ['127.0.0.1'] })
    expect(await from('127.0.0.1', port)).toBe('')
    const answer = new Promise((resolve) => socket.once('data', (chunk) => resolve(String(chunk))))
    socket.write('version\r\n')
    expect(await answer).toMatch(VERSION)
  })

  withManySources('are the same for nodes that are added, rebooted, or started with the engine', async () => {
    const { engine } = await withCluster()
    const client = engine.client()
    await call(engine, 'authorize', { group: 'cache', ports: '21000', sources: ['127.0.0.2'] })
    await client.modifyCacheCluster({ CacheClusterId: 'shop', NumCacheNodes: 2, ApplyImmediately: true })
    await engine.until('shop', 'available')
    await client.rebootCacheCluster({ CacheClusterId: 'shop', CacheNodeIdsToReboot: ['0001'] })
    await engine.until('shop', 'available')
    const check = async (running: TestEngine) => {
      for (const { port } of (await running.status()).clusters[0]?.nodes ?? []) {
        expect(await from('127.0.0.2', port)).toMatch(VERSION)
        expect(await from('127.0.0.1', port)).toBe('')
      }
    }
    await check(engine)
    await engine.close()
    const again = await startTestEngine({ stateDir: engine.stateDir })
    await again.until('shop', 'available')
    await check(again)
  })
})

test('another security group takes effect on running nodes, is shown, and is an event', async () => {
  const { engine, port } = await withCluster()
  const client = engine.client()
  const { CacheCluster } = await client.modifyCacheCluster({ CacheClusterId: 'shop', SecurityGroupIds: [DEFAULT] })
  expect(CacheCluster?.SecurityGroups).toEqual([{ SecurityGroupId: DEFAULT, Status: 'active' }])
  await eventually('everybody is let in', async () => (await from('127.0.0.1', port)) !== '')
  const { Events } = await client.describeEvents({ SourceType: 'cache-cluster', SourceIdentifier: 'shop' })
  expect(Events?.[0]?.Message).toBe('Security groups of cache cluster modified')
})

withManySources('the default group lets in everybody on this machine until that is revoked', async () => {
  const engine = await startTestEngine()
  await engine.client().createCacheCluster({ ...memcached('shop'), NetworkType: 'dual_stack' })
  await engine.until('shop', 'available')
  const port = (await engine.status()).clusters[0]?.nodes[0]?.port as number
  for (const source of ['127.0.0.1', '127.9.9.9', '::1']) expect(await from(source, port)).toMatch(VERSION)
  await call(engine, 'revoke', { group: 'default', sources: ['127.0.0.0/8'] })
  expect(await from('127.0.0.1', port)).toBe('')
  expect(await from('::1', port)).toMatch(VERSION)
})

describe('security groups', () => {
  test('are kept, and deleted when nobody uses them', async () => {
    const { engine } = await withCluster()
    await expect(call(engine, 'delete', { group: 'cache' })).rejects.toThrow(/in use by shop/)
    await expect(call(engine, 'delete', { group: 'default' })).rejects.toThrow(/stays/)
    await engine.client().modifyCacheCluster({ CacheClusterId: 'shop', SecurityGroupIds: [DEFAULT] })
    expect(await call(engine, 'delete', { group: 'cache' })).toEqual({ deleted: 'sg-cache' })
    const { securityGroups } = await call<{ securityGroups: SecurityGroupReport[] }>(engine, 'list', {})
    expect(securityGroups.map(({ groupName }) => groupName)).toEqual(['default'])
  })

  test('that are not there are refused by clusters', async () => {
    const engine = await startTestEngine()
    await expect(
      engine.client().createCacheCluster({ ...memcached('shop'), SecurityGroupIds: [DEFAULT, 'sg-1', 'sg-2'] }),
    ).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
      message: 'Some security groups are unknown: [sg-1, sg-2].',
    })
  })

  test('refuse what makes no sense', async () => {
    const engine = await startTestEngine()
    await call(engine, 'create', { groupName: 'web' })
    await call(engine, 'authorize', { group: 'web', ports: '11211', sources: ['10.0.0.0/8'] })
    const cases: [string, object, RegExp][] = [
      ['create', { groupName: 'web' }, /already/],
      ['create', { groupName: 'sg-web' }, /not a name/],
      ['create', { groupName: 'x', members: ['nobody'] }, /not an address/],
      ['authorize', { group: 'web', ports: '11211', sources: ['10.0.0.0/8'] }, /already/],
      ['authorize', { group: 'web', ports: '70000', sources: ['10.0.0.0/8'] }, /not a port/],
      ['authorize', { group: 'web', ports: '11213-11211', sources: ['10.0.0.0/8'] }, /not a port/],
      ['authorize', { group: 'web', sources: [] }, /needs a source/],
      ['authorize', { group: 'web', sources: ['nosuch'] }, /no security group nosuch/],
      ['authorize', { group: 'nosuch', sources: ['::1'] }, /no security group nosuch/],
      ['revoke', { group: 'web', sources: ['10.0.0.0/9'] }, /has no rule for 10\.0\.0\.0\/9/],
      ['revoke', { group: 'web', ports: '11212', sources: ['10.0.0.0/8'] }, /has no rule .* port 11212/],
    ]
    for (const [action, request, message] of cases) {
      await expect(call(engine, action, request)).rejects.toThrow(message)
    }
  })
})

test('an admission with no rules lets in nobody, not even those whose address is gone', () => {
  expect(admissionOf([])('127.0.0.1', 11_211)).toBe(false)
  expect(admissionOf([{ cidr: '0.0.0.0/0', ports: null }])(undefined, 11_211)).toBe(false)
})

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(socket))
    onTestFinished(() => void socket.destroy())
    socket.once('error', reject)
  })
}

withManySources(
  'members that join a group later are let in by the rules that name it, and no longer when they leave',
  async () => {
    const { engine, port } = await withCluster()
    await call(engine, 'create', { groupName: 'web', members: [] })
    await call(engine, 'authorize', { group: 'cache', sources: ['web'] })
    expect(await from('127.0.0.2', port)).toBe('')
    expect(await call(engine, 'join', { group: 'web', members: ['127.0.0.2', '127.0.1.0/24'] })).toMatchObject({
      members: ['127.0.0.2/32', '127.0.1.0/24'],
    })
    expect(await from('127.0.0.2', port)).toMatch(VERSION)
    expect(await from('127.0.1.9', port)).toMatch(VERSION)
    await expect(call(engine, 'join', { group: 'web', members: ['127.0.0.2'] })).rejects.toThrow(
      /a member of web already/,
    )
    await call(engine, 'leave', { group: 'web', members: ['127.0.0.2'] })
    expect(await from('127.0.0.2', port)).toBe('')
    expect(await from('127.0.1.9', port)).toMatch(VERSION)
    await expect(call(engine, 'leave', { group: 'web', members: ['127.0.0.2'] })).rejects.toThrow(
      /is not a member of web/,
    )
    await expect(call(engine, 'join', { group: 'web', members: ['here'] })).rejects.toThrow(/not an address/)
  },
)
