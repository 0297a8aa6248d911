/** Where keys go, against the clients themselves wherever they can be asked. */
import Memcached from 'memcached'
import memjs from 'memjs'
import { describe, expect, it } from 'vitest'
import { javaHashCode, murmur3, oneAtATime } from '../../src/kv/hashes.ts'
import { type KvNode, PLACEMENTS, type PlacementName } from '../../src/kv/placement.ts'
import { run } from '../support/programs.ts'

const KEYS = Array.from({ length: 500 }, (_, number) => `user:${number}:${'x'.repeat(number % 40)}`)

const nodesNamed = (...names: string[]): KvNode[] =>
  names.map((name) => ({ host: name.split(':')[0] ?? '', port: Number(name.split(':')[1]) }))

const cluster = (count: number, port?: number): string[] =>
  Array.from({ length: count }, (_, at) => `shop.abc.000${at + 1}.use1.cache.amazonaws.com:${port ?? 11_300 + at}`)

const LISTS = [cluster(1), cluster(3), cluster(3, 11_211), cluster(7), cluster(40)]

function placed(method: PlacementName, names: readonly string[]): (string | undefined)[] {
  const locate = PLACEMENTS[method].of(nodesNamed(...names))
  return KEYS.map((key) => names[locate(Buffer.from(key))])
}

describe('ketama', () => {
  it.each(LISTS)('places keys as npm memcached does (%s ...)', (...names) => {
    const client = new Memcached(names)
    const ring = Reflect.get(client, 'HashRing') as { get(key: string): string } // not in its declarations
    expect(placed('ketama-npm', names)).toEqual(KEYS.map((key) => ring.get(key)))
    client.end()
  })

  it('moves few keys when a node is added', () => {
    const [before, after] = [placed('ketama', cluster(5)), placed('ketama', cluster(6))]
    const moved = before.filter((node, at) => node !== after[at]).length
    expect(moved).toBeLessThan(KEYS.length / 3)
  })

  it('tells nodes apart by name and address for Java', () => {
    const nodes = cluster(3).map((name, at): KvNode => ({ ...nodesNamed(name)[0], ip: `10.0.0.${at}` }) as KvNode)
    const byName = KEYS.map((key) => PLACEMENTS['ketama-java'].of(nodes)(Buffer.from(key)))
    const renamed = nodes.map(({ host, ip = '', port }) => ({ host: `${host}/${ip}`, port }))
    expect(byName).toEqual(KEYS.map((key) => PLACEMENTS['ketama-java'].of(renamed)(Buffer.from(key))))
  })
})

const php = await run('php', ['-m']).then(({ stdout }) => /^memcached$/m.test(stdout))

describe.skipIf(!php)('libmemcached, by way of PHP', () => {
  const SCRIPT = `
    [$names, $keys, $ketama] = json_decode(stream_get_contents(STDIN));
    $client = new Memcached();
    if ($ketama) $client->setOption(Memcached::OPT_LIBKETAMA_COMPATIBLE, true);
    foreach ($names as $name) { [$host, $port] = explode(':', $name); $client->addServer($host, (int)$port); }
    $found = [];
    foreach ($keys as $key) { $server = $client->getServerByKey($key); $found[] = $server['host'] . ':' . $server['port']; }
    echo json_encode($found);`

  async function theirs(names: readonly string[], ketama: boolean): Promise<unknown> {
    const { stdout, stderr } = await run('php', ['-r', SCRIPT], { input: JSON.stringify([names, KEYS, ketama]) })
    expect(stderr).toBe('')
    return JSON.parse(stdout)
  }

  it.each(LISTS)('places keys by ketama as we do (%s ...)', async (...names) => {
    expect(placed('ketama', names)).toEqual(await theirs(names, true))
  })

  it.each(LISTS)('places keys by modulo as we do (%s ...)', async (...names) => {
    expect(placed('modulo', names)).toEqual(await theirs(names, false))
  })
})

describe('modulo', () => {
  it.each(LISTS)('places keys as memjs does (%s ...)', (...names) => {
    const client = memjs.Client.create(names.join(','))
    const getServer = Reflect.get(client, 'getServer') as unknown as (key: string) => number // not in its declarations
    expect(placed('modulo-memjs', names)).toEqual(KEYS.map((key) => names[getServer.call(client, key)]))
    client.close()
  })

  it('takes Java hash codes as unsigned', () => {
    // "polygenelubricants".hashCode() is Integer.MIN_VALUE: 2147483648 unsigned.
    const locate = PLACEMENTS['modulo-java'].of(nodesNamed(...cluster(3)))
    expect(locate(Buffer.from('polygenelubricants'))).toBe(2_147_483_648 % 3)
  })
})

describe('hashes', () => {
  it('are those that others publish', () => {
    expect(javaHashCode('polygenelubricants')).toBe(-2_147_483_648)
    expect(oneAtATime(Buffer.from('a'))).toBe(0xca2e9442)
    expect(oneAtATime(Buffer.from('The quick brown fox jumps over the lazy dog'))).toBe(0x519e91f5)
    expect(murmur3(Buffer.from(''))).toBe(0)
    expect(murmur3(Buffer.from('test'))).toBe(0xba6bd213)
    expect(murmur3(Buffer.from('Hello, world!'))).toBe(0xc0363e43)
    expect(murmur3(Buffer.from('The quick brown fox jumps over the lazy dog'))).toBe(0x2e4ff723)
  })
})
