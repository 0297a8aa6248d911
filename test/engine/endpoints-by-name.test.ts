import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CONTROL, type EngineStatus, engineFiles } from '../../src/api/local-engine.ts'
import { askDns, type DnsType } from '../../src/diagnose/dns-query.ts'
import { RespConnection } from '../../src/kv/resp/connection.ts'
import { blockIn } from '../../src/net/hosts-block.ts'
import { itemsOf, textOf } from '../../src/protocols/resp/reply.ts'
import { control } from '../support/control.ts'
import { memcached, type TestEngine, temporaryDirectory } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { ask } from '../support/raw.ts'
import { startTestEngine } from '../support/servers.ts'
import { available, create, NODE, SKIPPED, server } from './replication-groups/support.ts'

const ZONE = 'usw2.cache.cachectl.test'
const OWN = /^127\.(?!0\.|255\.)/

/** What the engine's name server says of a name, in its order. */
async function tell({ info }: TestEngine, name: string, type: DnsType = 'A'): Promise<string[]> {
  const { records, outcome } = await askDns(name, type, {
    server: { address: '127.0.0.1', port: info.dnsPort ?? 0 },
    timeoutMs: 20_000,
  })
  return records.length > 0 ? records.map(({ data }) => data) : [outcome]
}

async function clusterOf(engine: TestEngine, id: string) {
  const { CacheClusters = [] } = await engine
    .client()
    .describeCacheClusters({ CacheClusterId: id, ShowCacheNodeInfo: true })
  const [cluster] = CacheClusters
  if (!cluster) throw new Error(`no cluster ${id}`)
  const nodes = cluster.CacheNodes ?? []
  return {
    configuration: cluster.ConfigurationEndpoint ?? {},
    nodes: nodes.map(({ Endpoint }) => Endpoint ?? {}),
  }
}

const labels = (name = '') => name.replace(/\.[a-z0-9]{6}\./, '.<hash>.')

describe('endpoints by name', () => {
  const stateDir = temporaryDirectory(afterAll)
  const hostsFile = join(stateDir, 'hosts')
  let engine: TestEngine
  const start = async () => {
    engine = await startTestEngine({ stateDir, endpoints: 'hosts', hostsFile, atEnd: afterAll })
  }
  const inHosts = () => blockIn(readFileSync(hostsFile, 'utf8'), stateDir) ?? []
  beforeAll(async () => {
    writeFileSync(hostsFile, '127.0.0.1 localhost\n')
    await start()
    const client = engine.client()
    await client.createCacheCluster({ ...memcached('shop', 2), Port: 11_211 })
    await client.createCacheCluster({ ...memcached('dual', 1), NetworkType: 'dual_stack', IpDiscovery: 'ipv6' })
    await client.createCacheCluster({ ...memcached('safe', 1), TransitEncryptionEnabled: true })
    for (const id of ['shop', 'dual', 'safe']) await engine.until(id, 'available')
  })

  test('have the shape of AWS, the port that was asked for, and an address of their own', async () => {
    const { configuration, nodes } = await clusterOf(engine, 'shop')
    expect(labels(configuration.Address)).toBe(`shop.<hash>.cfg.${ZONE}`)
    expect(nodes.map(({ Address }) => labels(Address))).toEqual(
      ['0001', '0002'].map((node) => `shop.<hash>.${node}.${ZONE}`),
    )
    const [first = [], second = []] = await Promise.all(nodes.map(({ Address = '' }) => tell(engine, Address)))
    expect(first).toEqual([expect.stringMatching(OWN)])
    expect(second).not.toEqual(first)
    expect(await tell(engine, configuration.Address ?? '')).toEqual([expect.stringMatching(OWN)])
    // Where a program of this machine has the port on all addresses it is another one.
    expect(new Set([configuration, ...nodes].map(({ Port }) => Port)).size).toBe(1)
    expect(labels((await clusterOf(engine, 'safe')).nodes[0]?.Address)).toBe(`0001.safe.<hash>.${ZONE}`)
  })

  test('are what nodes tell clients of each other', async () => {
    const { nodes } = await clusterOf(engine, 'shop')
    const [address = ''] = await tell(engine, nodes[0]?.Address ?? '')
    const port = nodes[0]?.Port ?? 0
    const list = await ask(port, 'config get cluster\r\n', 'END\r\n', address)
    const hosts = await Promise.all(
      nodes.map(async ({ Address = '' }) => `${Address}|${(await tell(engine, Address))[0]}|${port}`),
    )
    expect(list).toContain(`\n${hosts.join(' ')}\n`)
  })

  test('of both families have both, and a port each, as there is one address of IPv6', async () => {
    const { configuration, nodes } = await clusterOf(engine, 'dual')
    for (const { Address = '' } of [configuration, ...nodes]) {
      expect(await tell(engine, Address)).toEqual([expect.stringMatching(OWN)])
      expect(await tell(engine, Address, 'AAAA')).toEqual(['::1'])
    }
    expect(configuration.Port).not.toBe(nodes[0]?.Port)
  })

  test('are in the hosts file while the engine runs, and are there again afterwards', async () => {
    const before = await clusterOf(engine, 'shop')
    const names = [before.configuration, ...before.nodes].map(({ Address }) => Address)
    const lines = inHosts()
    for (const name of names)
      expect(
        lines.some((line) => OWN.test(line) && line.endsWith(` ${name}`)),
        name,
      ).toBe(true)
    const { dnsPort } = engine.info
    await engine.close()
    expect(readFileSync(hostsFile, 'utf8')).toBe('127.0.0.1 localhost\n')
    await start()
    expect(await clusterOf(engine, 'shop')).toEqual(before)
    expect(inHosts()).toEqual(lines)
    expect(engine.info.dnsPort).toBe(dnsPort)
  })

  test('rehearse what goes wrong with names', async () => {
    const { configuration, nodes } = await clusterOf(engine, 'dual')
    const [name = '', node = ''] = [configuration, ...nodes].map(({ Address }) => Address)
    const inject = (kind: string, more: object = {}) =>
      control<{ id: string }>(engine, 'POST', CONTROL.faults, { kind, cluster: 'dual', ...more })
    const clear = () => control(engine, 'POST', CONTROL.faults, { clear: [] })
    await inject('no-aaaa')
    expect([await tell(engine, node, 'AAAA'), await tell(engine, node)]).toEqual([
      ['no-data'],
      [expect.stringMatching(OWN)],
    ])
    await clear()
    await inject('servfail')
    expect([
      await tell(engine, name),
      await tell(engine, (await clusterOf(engine, 'safe')).nodes[0]?.Address ?? ''),
    ]).toEqual([['server-failure'], [expect.stringMatching(OWN)]])
    await clear()
    await engine.client().createCacheCluster(memcached('brief', 2))
    await engine.until('brief', 'available')
    const [, second = {}] = (await clusterOf(engine, 'brief')).nodes
    await control(engine, 'POST', CONTROL.faults, { kind: 'stale-dns', cluster: 'brief' })
    await engine.client().modifyCacheCluster({
      CacheClusterId: 'brief',
      NumCacheNodes: 1,
      CacheNodeIdsToRemove: ['0002'],
      ApplyImmediately: true,
    })
    await engine.until('brief', 'available')
    expect(await tell(engine, second.Address ?? '')).toEqual([expect.stringMatching(OWN)])
    await clear()
    expect(await tell(engine, second.Address ?? '')).toEqual(['no-such-name'])
  })

  test('are not for what was created without', async () => {
    const plain = await startTestEngine()
    await plain.client().createCacheCluster(memcached('plain', 1))
    await plain.until('plain', 'available')
    expect((await clusterOf(plain, 'plain')).nodes).toMatchObject([{ Address: '127.0.0.1' }])
    expect(plain.info.dnsPort).toBeUndefined()
    const fault = control(plain, 'POST', CONTROL.faults, { kind: 'servfail', cluster: 'plain' })
    await expect(fault).rejects.toThrow(/told by address/)
    const { endpoints } = await control<EngineStatus>(plain, 'GET', CONTROL.status)
    expect(endpoints).toBe('ports')
  })
})

describe.skipIf(!server)(`endpoints of replication groups by name ${SKIPPED}`, () => {
  test('follow the primary, and have other names with encryption', async () => {
    const engine = await startTestEngine({ endpoints: 'dns' })
    const group = await create(engine, { NumCacheClusters: 2, AutomaticFailoverEnabled: true })
    const [shard] = group.NodeGroups ?? []
    const [primary = '', reader = ''] = [shard?.PrimaryEndpoint, shard?.ReaderEndpoint].map((each) => each?.Address)
    expect([labels(primary), labels(reader)]).toEqual([`shop.<hash>.ng.0001.${ZONE}`, `shop-ro.<hash>.ng.0001.${ZONE}`])
    const [alias, address = ''] = await tell(engine, primary)
    expect(labels(alias)).toBe(`shop-001.<hash>.0001.${ZONE}`)
    const port = shard?.PrimaryEndpoint?.Port ?? 0
    const connection = await RespConnection.open({ host: address, port, timeoutMs: 20_000 })
    expect(await connection.send([['SET', 'a', '1']])).toEqual(['OK'])
    connection.close()
    await engine.client().testFailover({ ReplicationGroupId: 'shop', NodeGroupId: '0001' })
    await available(engine)
    await eventually(
      'the alias has followed',
      async () => labels((await tell(engine, primary))[0]) === `shop-002.<hash>.0001.${ZONE}`,
    )
  })

  test('in cluster mode with encryption are what servers send clients to', async () => {
    const engine = await startTestEngine({ endpoints: 'dns' })
    const group = await create(engine, {
      ...NODE,
      NumNodeGroups: 2,
      ReplicasPerNodeGroup: 1,
      AutomaticFailoverEnabled: true,
      TransitEncryptionEnabled: true,
    })
    const { Address = '', Port = 0 } = group.ConfigurationEndpoint ?? {}
    expect(labels(Address)).toBe(`clustercfg.shop.<hash>.${ZONE}`)
    const [host = ''] = await tell(engine, Address)
    const ca = readFileSync(engineFiles(engine.stateDir).authorityCertificate)
    const connection = await RespConnection.open({
      host,
      port: Port,
      timeoutMs: 20_000,
      tls: { ca, servername: Address },
    })
    const [slots = null] = await connection.send([['CLUSTER', 'SLOTS']])
    connection.close()
    const told = itemsOf(slots).flatMap((range) =>
      itemsOf(range)
        .slice(2)
        .map((node) => textOf(itemsOf(node)[0] ?? null)),
    )
    expect(told.map(labels).sort()).toEqual(
      ['0001-001', '0001-002', '0002-001', '0002-002'].map((id) => `shop-${id}.shop.<hash>.${ZONE}`),
    )
    for (const name of told) expect(await tell(engine, name)).toEqual([expect.stringMatching(OWN)])
  })
})
