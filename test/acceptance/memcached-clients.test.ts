/** Real Memcached clients, none of them ours, against nodes of a cluster. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import Memcached from 'memcached'
import DiscoveringClient from 'memcached-elasticache'
import memjs from 'memjs'
import { expect, onTestFinished, test } from 'vitest'
import { engineFiles } from '../../src/api/local-engine.ts'
import { memcached, startTestEngine } from '../support/engine.ts'
import { isInstalled, run } from '../support/programs.ts'

async function cluster(input: object = {}) {
  const engine = await startTestEngine()
  const client = engine.client()
  await client.createCacheCluster({ ...memcached('shop', 3), ...input })
  await engine.until('shop', 'available')
  const { CacheClusters } = await client.describeCacheClusters({ ShowCacheNodeInfo: true })
  const servers = (CacheClusters?.[0]?.CacheNodes ?? []).map(({ Endpoint }) => `127.0.0.1:${Endpoint?.Port}`)
  return { engine, servers, endpoint: `127.0.0.1:${CacheClusters?.[0]?.ConfigurationEndpoint?.Port}` }
}

test('memcached (npm, text protocol) spreads keys over the nodes and finds them again', async () => {
  const { servers } = await cluster()
  const client = new Memcached(servers)
  onTestFinished(() => client.end())
  const set = promisify(client.set).bind(client)
  const get = promisify(client.get).bind(client)
  for (let number = 0; number < 30; number++) await set(`key-${number}`, `value-${number}`, 60)
  for (let number = 0; number < 30; number++) expect(await get(`key-${number}`)).toBe(`value-${number}`)
})

test('memjs (npm, binary protocol) sets, gets, increments and deletes', async () => {
  const { servers } = await cluster()
  const client = memjs.Client.create(servers.join(','))
  onTestFinished(() => client.close())
  await client.set('k', 'v', { expires: 60 })
  expect((await client.get('k')).value?.toString()).toBe('v')
  expect((await client.increment('n', 1, { initial: 41 })).value).toBe(41)
  expect((await client.increment('n', 1, {})).value).toBe(42)
  expect(await client.delete('k')).toBe(true)
  expect((await client.get('k')).value).toBeNull()
})

test('a discovery client finds the nodes from the configuration endpoint, and follows as the cluster grows', async () => {
  const { engine, servers, endpoint } = await cluster()
  const client = new DiscoveringClient(endpoint, { autoDiscoverInterval: 100 })
  onTestFinished(() => client.end())
  const [found] = (await once(client, 'autoDiscover')) as [string[]]
  expect(found).toEqual(servers.map((server) => server.replace('127.0.0.1', 'localhost')))
  await engine.client().modifyCacheCluster({ CacheClusterId: 'shop', NumCacheNodes: 5, ApplyImmediately: true })
  const [grown] = (await once(client, 'autoDiscover')) as [string[]]
  expect(grown).toHaveLength(5)
})

test.skipIf(!isInstalled('memcstat', '--help'))(
  'libmemcached-tools copy a file in, read it back and pass their own ping',
  async () => {
    const { engine, servers } = await cluster()
    const file = engineFiles(engine.stateDir).info
    const list = `--servers=${servers.join(',')}`
    expect((await run('memccp', [list, file])).code).toBe(0)
    const { stdout } = await run('memccat', [list, 'engine.json'])
    expect(stdout.trim()).toBe(readFileSync(file, 'utf8').trim())
    expect((await run('memcping', [list])).code).toBe(0)
    expect((await run('memcstat', [list])).stdout).toContain('curr_items')
  },
)

test.skipIf(!isInstalled('memccapable', '-h'))('memccapable finds nothing missing in the text protocol', async () => {
  const { servers } = await cluster()
  const port = servers[0]?.split(':')[1] as string
  const { stdout, stderr, code } = await run('memccapable', ['-h', '127.0.0.1', '-p', port, '-a', '-t', '3'])
  expect(`${stdout}${stderr}`).not.toContain('FAIL')
  expect(code).toBe(0)
})

const PHP = `
$m = new Memcached();
foreach (explode(',', $argv[1]) as $server) { [$host, $port] = explode(':', $server); $m->addServer($host, (int)$port); }
$m->set('k', 'v', 60); $m->set('n', 1);
echo json_encode([$m->get('k'), $m->increment('n'), $m->getMulti(['k', 'n']), $m->delete('k'), $m->get('k')]);
`
test.skipIf(!isInstalled('php') || !(await run('php', ['-m'])).stdout.includes('memcached'))(
  "PHP's memcached extension works with every node",
  async () => {
    const { servers } = await cluster()
    const { stdout } = await run('php', ['-r', PHP, '--', servers.join(',')])
    expect(JSON.parse(stdout)).toEqual(['v', 2, { k: 'v', n: 2 }, true, false])
  },
)

test.skipIf(!isInstalled('openssl', 'version'))(
  'openssl s_client verifies a TLS node against the CA the engine hands out',
  async () => {
    const { engine, servers } = await cluster({ TransitEncryptionEnabled: true })
    const ca = engineFiles(engine.stateDir).authorityCertificate
    const { stdout } = await run(
      'openssl',
      [
        's_client',
        '-connect',
        servers[0] as string,
        '-CAfile',
        ca,
        '-verify_hostname',
        'localhost',
        '-verify_return_error',
        '-quiet',
      ],
      { input: 'version\r\nquit\r\n' },
    )
    expect(stdout).toContain('VERSION 1.6.22')
  },
)
