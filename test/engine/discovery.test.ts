import { readFileSync } from 'node:fs'
import { connect as connectTls } from 'node:tls'
import { expect, test } from 'vitest'
import { engineFiles } from '../../src/api/local-engine.ts'
import { memcached, startTestEngine, type TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { ask } from '../support/raw.ts'

const CONFIG = 'config get cluster\r\n'

async function clusterOf(engine: TestEngine, input: object = {}) {
  await engine.client().createCacheCluster({ ...memcached('shop', 2), ...input })
  await engine.until('shop', 'available')
  const { CacheClusters } = await engine.client().describeCacheClusters({ ShowCacheNodeInfo: true })
  const cluster = CacheClusters?.[0]
  return {
    endpoint: cluster?.ConfigurationEndpoint,
    // As lists have them: a node whose port was taken has moved behind the others.
    ports: (cluster?.CacheNodes ?? []).map(({ Endpoint }) => Endpoint?.Port as number).sort((a, b) => a - b),
  }
}

test('a dual-stack cluster listens on both families and advertises the chosen one only', async () => {
  const engine = await startTestEngine()
  const { endpoint, ports } = await clusterOf(engine, { NetworkType: 'dual_stack', IpDiscovery: 'ipv4' })
  expect(endpoint?.Address).toBe('localhost')
  for (const host of ['127.0.0.1', '::1']) {
    expect(await ask(ports[0] as number, CONFIG, 'END\r\n', host)).toContain(
      `1\nlocalhost|127.0.0.1|${ports[0]} localhost|127.0.0.1|${ports[1]}\n\r\nEND\r\n`,
    )
  }
})

test('switching IP discovery changes the family on every node, raises the version, and keeps connections and data', async () => {
  const engine = await startTestEngine()
  const { ports } = await clusterOf(engine, { NetworkType: 'dual_stack', IpDiscovery: 'ipv6' })
  await ask(ports[0] as number, 'set k 0 0 1\r\nv\r\n', 'STORED\r\n')
  await engine.client().modifyCacheCluster({ CacheClusterId: 'shop', IpDiscovery: 'ipv4' })
  await engine.until('shop', 'available')
  for (const port of ports) expect(await ask(port, CONFIG)).toContain('\r\n2\nlocalhost|127.0.0.1|')
  expect(await ask(ports[0] as number, 'get k\r\n')).toBe('VALUE k 0 1\r\nv\r\nEND\r\n')
})

test('an IPv6-only cluster listens on ::1 and nowhere else', async () => {
  const engine = await startTestEngine()
  const { endpoint, ports } = await clusterOf(engine, { NetworkType: 'ipv6' })
  expect(endpoint?.Address).toBe('::1')
  expect(await ask(ports[0] as number, CONFIG, 'END\r\n', '::1')).toContain('|::1|')
  await expect(ask(ports[0] as number, CONFIG, 'END\r\n', '127.0.0.1')).rejects.toThrow('ECONNREFUSED')
})

test('a TLS cluster answers TLS with a certificate of the local CA and advertises names without addresses', async () => {
  const engine = await startTestEngine()
  const { ports } = await clusterOf(engine, { TransitEncryptionEnabled: true })
  const ca = readFileSync(engineFiles(engine.stateDir).authorityCertificate, 'utf8')
  const reply = await new Promise<string>((resolve, reject) => {
    let text = ''
    const socket = connectTls({ host: '127.0.0.1', port: ports[0] as number, ca, servername: 'localhost' }, () =>
      socket.write(CONFIG),
    )
    socket.on('data', (chunk) => {
      text += chunk
      if (text.endsWith('END\r\n')) socket.end()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
  expect(reply).toContain(`1\nlocalhost||${ports[0]} localhost||${ports[1]}\n\r\nEND\r\n`)
})

test('the certificate carries the names AWS would use, with and without .cfg', async () => {
  const engine = await startTestEngine()
  const { ports } = await clusterOf(engine, { TransitEncryptionEnabled: true })
  const ca = readFileSync(engineFiles(engine.stateDir).authorityCertificate, 'utf8')
  const names = await new Promise<string>((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port: ports[0] as number, ca, servername: 'localhost' }, () => {
      resolve(socket.getPeerCertificate().subjectaltname ?? '')
      socket.end()
    })
    socket.on('error', reject)
  })
  expect(names).toMatch(
    /DNS:localhost, DNS:\*\.shop\.[a-z0-9]{6}\.usw2\.cache\.amazonaws\.com, DNS:shop\.[a-z0-9]{6}\.cfg\.usw2\.cache\.amazonaws\.com/,
  )
})

test('before 1.4.14 there is no config command; the legacy key holds the same list', async () => {
  const engine = await startTestEngine()
  const { ports } = await clusterOf(engine, { EngineVersion: '1.4.5', CacheNodeType: 'cache.t3.small' })
  expect(await ask(ports[0] as number, CONFIG, '\r\n')).toBe('ERROR\r\n')
  expect(await ask(ports[0] as number, 'get AmazonElastiCache:cluster\r\n')).toContain(
    `1\nlocalhost|127.0.0.1|${ports[0]} localhost|127.0.0.1|${ports[1]}\n\r\nEND\r\n`,
  )
})

test('the legacy key heals itself after a client has overwritten it', async () => {
  const engine = await startTestEngine()
  const { ports } = await clusterOf(engine)
  const port = ports[0] as number
  await ask(port, 'set AmazonElastiCache:cluster 0 0 1\r\nx\r\n', 'STORED\r\n')
  await eventually('the key is back', async () =>
    (await ask(port, 'get AmazonElastiCache:cluster\r\n')).includes('localhost|127.0.0.1|'),
  )
}, 20_000)

test.each([
  ['deleted', 'config delete cluster\r\n', 'DELETED\r\n'],
  ['replaced', 'config set cluster 0 3\r\n1\na\r\n', 'STORED\r\n'],
])('a list that a client has %s is put back, which the log and an event tell', async (loss, attack, answer) => {
  const engine = await startTestEngine()
  const { endpoint, ports } = await clusterOf(engine)
  const port = endpoint?.Port as number
  const list = await ask(port, CONFIG)
  await ask(port, attack, answer)
  await eventually('the list is back', async () => (await ask(port, CONFIG)) === list)
  await eventually('an event tells', async () => {
    const { Events = [] } = await engine.client().describeEvents({ SourceType: 'cache-cluster' })
    return Events.some(({ Message }) =>
      Message?.match(new RegExp(`^Restored the list of nodes of cache node 000[12], which a client had ${loss}$`)),
    )
  })
  expect(engine.log.join('\n')).toContain(`a client had ${loss} its list of nodes`)
  expect(await ask(ports[1] as number, CONFIG)).toBe(list)
})

test('while nodes are being added every list that can be seen is complete and answers', async () => {
  const engine = await startTestEngine({ pace: 'quick' })
  const { endpoint } = await clusterOf(engine)
  await engine.client().modifyCacheCluster({ CacheClusterId: 'shop', NumCacheNodes: 6, ApplyImmediately: true })
  const seen = new Set<string>()
  await eventually('all six are listed', async () => {
    const list = (await ask(endpoint?.Port as number, CONFIG)).split('\n')[2] ?? ''
    seen.add(list)
    const ports = list.split(' ').map((member) => Number(member.split('|')[2]))
    for (const port of ports) expect(await ask(port, 'version\r\n', '\r\n')).toBe('VERSION 1.6.22\r\n')
    return ports.length === 6
  })
  expect(seen.size).toBe(2)
})
