import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SERVERS } from '../../support/redis-node.ts'
import { temporaryHome } from '../support/cli.ts'
import { hasTerminal, longestLine, onTerminal } from '../support/terminal.ts'

const [server] = SERVERS.filter(({ isMissing }) => !isMissing).reverse()
const engine = server?.name === 'valkey-server' ? 'valkey' : 'redis'

describe.skipIf(!server)('a replication group (skipped without redis-server and valkey-server)', () => {
  const home = temporaryHome(afterAll)
  const json = async (...words: string[]) => JSON.parse(await home.answer(...words, '--output', 'json'))

  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0')
    const kind = ['--engine', engine, '--cache-node-type', 'cache.t4g.small', '--automatic-failover-enabled']
    const group = (id: string, ...shape: string[]) =>
      home.answer(
        ...['create-replication-group', '--replication-group-id', id, '--replication-group-description', 'd'],
        ...[...kind, ...shape, '--wait'],
      )
    await group('shop', '--num-cache-clusters', '2')
    await group('cart', '--num-node-groups', '2', '--replicas-per-node-group', '1')
  }, 60_000)

  test('has its endpoints told, and the role of each node', async () => {
    const { nodes, shards } = await json('endpoints', 'shop')
    expect(nodes.map(({ id, role }: { id: string; role?: string }) => [id, role])).toEqual([
      ['primary', undefined],
      ['reader', undefined],
      ['shop-001', 'primary'],
      ['shop-002', 'replica'],
    ])
    expect(shards).toMatchObject([{ id: '0001', status: 'available', primary: { port: nodes[0].port } }])
  })

  test('has slots told in cluster mode, and the address of each member', async () => {
    const { configurationEndpoint, nodes, shards } = await json('endpoints', 'cart')
    expect(shards.map(({ slots }: { slots: string }) => slots)).toEqual(['0-8191', '8192-16383'])
    expect(nodes).toHaveLength(4)
    expect(nodes[0]).toMatchObject({ id: 'cart-0001-001', shard: '0001', host: '127.0.0.1' })
    expect(nodes.every(({ port }: { port: number }) => port > 0 && port !== configurationEndpoint.port)).toBe(true)
  })

  test('has its endpoints as variables of the shell and as a list of nodes', async () => {
    const { nodes } = await json('endpoints', 'shop')
    const at = nodes.map(({ host, port }: { host: string; port: number }) => `${host}:${port}`)
    const [first, reader] = at
    expect(await home.answer('endpoints', 'shop', '--output', 'env')).toBe(
      `export SHOP_ENDPOINT='${first}'\nexport SHOP_READER_ENDPOINT='${reader}'\nexport SHOP_SERVERS='${at[2]},${at[3]}'\nexport SHOP_TLS='false'\n`,
    )
    const all = await home.answer('endpoints', '--all', '--output', 'env')
    for (const name of ['CART', 'SHOP']) expect(all).toContain(`export ${name}_ENDPOINT=`)
    expect(await home.answer('endpoints', 'shop', '--output', 'hosts')).toBe(`${at[2]}\n${at[3]}\n`)
  })

  test('stands among all endpoints once, its members as part of it', async () => {
    const told = await json('endpoints', '--all')
    expect(told.map(({ cluster }: { cluster: string }) => cluster)).toEqual(['cart', 'shop'])
  })

  test('is listed with its members under it', async () => {
    const ids = await home.answer('list', '--output', 'ids')
    expect(ids.split('\n').slice(-4)).toEqual(['shop', 'shop-001', 'shop-002', ''])
  })

  test.each(['shop', 'cart'])('%s is healthy, and its servers answer in their own protocol', async (id) => {
    const { healthy, evidence } = await json('doctor', id, '--evidence')
    expect(healthy).toBe(true)
    expect(new Set(evidence.addresses.map(({ words }: { words: { line: string } }) => words.line))).toEqual(
      new Set(['+PONG']),
    )
  })

  test.each([
    [['probe', 'shop', '-c', '1', '--protocol']],
    [['preference', 'cart']],
    [['gai', 'check', 'shop']],
    [['dns', 'shop']],
    [['connections', 'cart']],
  ])('is a place for %j', async (words) => {
    expect(await home.cachectl(...words)).toMatchObject({ code: 0 })
  })

  test('has no list of nodes: discover asks them what they are, and holds it against the API', async () => {
    const { nodes, differences } = await json('discover', 'cart')
    expect(differences).toEqual([])
    expect(nodes.map(({ role, knows }: { role: string; knows: number }) => [role, knows])).toEqual([
      ['primary', 4],
      ['replica', 4],
      ['primary', 4],
      ['replica', 4],
    ])
    const shop = await json('discover', 'shop')
    expect(shop).toMatchObject({ clusterMode: false, differences: [], nodes: [{ knows: null }, { behind: 0 }] })
  })

  test('is waited for by roles, shards and replicas, not by the version of a list, which its members have none of', async () => {
    expect(await home.answer('discover', 'shop', '--expect', '2', '--interval', '50ms')).toContain('All nodes agree')
    expect(
      await home.answer('discover', 'cart', '--until', 'shards 2,replicas 1,primary', '--interval', '50ms'),
    ).toContain('All nodes agree')
    expect(await home.cachectl('discover', 'shop', '--until', 'version', '2')).toMatchObject({ code: 252 })
    expect(await home.cachectl('discover', 'shop-001')).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('cachectl discover shop'),
    })
  })

  test('is watched by top: each member with its role, replicas with their lag', async () => {
    await home.answer('kv', 'set', 'cart', 'a', '1')
    const line = await home.answer('top', 'cart', '--count', '1', '--interval', '100ms', '--output', 'json')
    const { total, nodes } = JSON.parse(line)
    // One key, though two nodes have it.
    expect(total).toMatchObject({ items: 1 })
    expect(
      nodes.map(({ node, shard, replication }: { node: string; shard: string; replication: { role: string } }) =>
        [node, shard, replication.role].join(' '),
      ),
    ).toEqual([
      'cart-0001-001 0001 primary',
      'cart-0001-002 0001 replica',
      'cart-0002-001 0002 primary',
      'cart-0002-002 0002 replica',
    ])
    expect(nodes[1].lagBytes).toBeGreaterThanOrEqual(0)
    const [{ host, port }] = (await json('endpoints', 'cart')).nodes
    const alone = await home.answer('top', `${host}:${port}`, '--count', '1', '--interval', '100ms')
    expect(alone).toContain('nodes 1')
  }, 30_000)

  test.skipIf(!hasTerminal)('is watched by top on 80 columns, whole names of members among them', async () => {
    const sitting = { env: { CACHECTL_HOME: home.stateDir }, answers: [['cart-0002-002', 'q']] as const, rows: 24 }
    const screen = await onTerminal(['top', 'cart', '--interval', '100ms'], sitting)
    expect(screen.text).toMatch(/node +role +ops\/s +hits +keys +memory +lag/)
    expect(screen.text).toMatch(/cart-0001-002 +replica /)
    expect(longestLine(screen)).toBeLessThanOrEqual(80)
  })

  test.each([
    [['failover', 'shop-001'], 'cachectl failover shop'],
    [['auth-token', 'shop-001', '--user', 'app'], 'cachectl auth-token shop --user app'],
  ])('is what its nodes are not: %j', async (words, instead) => {
    expect(await home.cachectl(...words)).toMatchObject({ code: 255, stderr: expect.stringContaining(instead) })
  })

  test('knows no users without a user group, which auth-token tells', async () => {
    const { stderr, stdout } = await home.cachectl('auth-token', 'shop', '--user', 'default')
    expect(stderr).toContain('shop has no user group: it knows no users.')
    expect(stdout).toMatch(/^shop\/\?Action=connect/)
  })

  test('has the tags told that it has after a change, while it takes them over', async () => {
    const { TagList } = JSON.parse(await home.answer('tag', 'shop', 'add', 'Team=web', '--output', 'json'))
    expect(TagList).toEqual([{ Key: 'Team', Value: 'web' }])
    await home.answer('wait', 'replication-group-available', '--replication-group-id', 'shop')
    expect(await json('tag', 'shop', 'remove', 'Team')).toEqual({ TagList: [] })
    await home.answer('wait', 'replication-group-available', '--replication-group-id', 'shop')
  })

  test.skipIf(!hasTerminal)('has the statistics of its servers shown on 80 columns', async () => {
    const screen = await onTerminal(['kv', 'stats', 'cart', 'replication'], {
      rows: 500,
      env: { CACHECTL_HOME: home.stateDir },
    })
    expect(longestLine(screen)).toBeLessThanOrEqual(80)
    const { nodes } = await json('endpoints', 'cart')
    for (const { host, port } of nodes) expect(screen.text).toContain(`${host}:${port}`)
  })

  test.each([
    [['--replicas', '0'], 'Automatic failover needs a replica.'],
    [['--replicas', '6'], '0 to 5 replicas of a shard.'],
  ])('scales to no %j, which the plan says', async (words, why) => {
    const { code, stderr } = await home.cachectl('scale', 'shop', ...words, '--dry-run')
    expect(stderr).toContain(why)
    expect(code).toBe(1)
  })

  test('is completed where a group is named, and its shards and members where they are', async () => {
    expect(await home.answer('completion', 'ids', 'replication-group-id')).toBe('cart\nshop\n')
    expect(await home.answer('completion', 'ids', 'shard')).toBe('0001\n0002\n')
    expect(await home.answer('completion', 'ids', 'replicas-to-remove')).toContain('shop-002\n')
  })

  test('has metrics of each member told as those of a node', async () => {
    await home.answer('engine', 'clock', 'advance', '2m')
    const { metrics } = await json('metrics', 'shop', '--metric', 'CurrItems')
    expect(metrics.map(({ node }: { node: string }) => node)).toEqual(['shop-001', 'shop-002'])
  }, 30_000)

  test('has the metrics of its engine, not those of Memcached', async () => {
    await home.answer('engine', 'clock', 'advance', '2m')
    const { metrics } = await json('metrics', 'shop')
    const last = (name: string) =>
      metrics
        .filter(({ metric }: { metric: string }) => metric === name)
        .map(({ datapoints }: { datapoints: { value: number }[] }) => datapoints.at(-1)?.value)
    expect({ primary: last('IsPrimary'), link: last('PrimaryLinkHealthStatus') }).toEqual({
      primary: [1, 0],
      link: [1, 1],
    })
    expect(last('BytesUsedForCache').every((bytes: number) => bytes > 100_000)).toBe(true)
    expect(last('CmdGet')).toEqual([])
  }, 30_000)

  test.skipIf(!hasTerminal)(
    'has the metrics of all members shown where they do not fit side by side',
    async () => {
      const { text } = await onTerminal(['metrics', 'cart'], {
        rows: 500,
        env: { CACHECTL_HOME: home.stateDir },
      })
      for (const member of ['cart-0001-001', 'cart-0001-002', 'cart-0002-001', 'cart-0002-002']) {
        expect(text).toContain(` ${member} `)
      }
      expect(text.split('\n').every((line) => line.length <= 80)).toBe(true)
    },
    30_000,
  )

  test.each([
    [['modify-replication-group', '--replication-group-id', 'shpo'], 'Did you mean shop?'],
    [['modify-replication-group', '--replication-group-id', 'cart', '--no-automatic-failover-enabled'], 'cluster mode'],
    [['modify-replication-group', '--replication-group-id', 'shop', '--cache-node-type', 'cache.x'], 'cannot become'],
    [['increase-replica-count', '--replication-group-id', 'shop', '--new-replica-count', '1'], 'That is no change.'],
    [['decrease-replica-count', '--replication-group-id', 'shop', '--replicas-to-remove', 'shop-001'], 'is a primary'],
    [
      ['modify-replication-group-shard-configuration', '--replication-group-id', 'cart', '--node-group-count', '1'],
      '--node-groups-to-remove 0002',
    ],
    [['test-failover', '--replication-group-id', 'cart', '--node-group-id', '0003'], 'There are: 0001, 0002.'],
  ])('is looked at by --dry-run: %j, %s', async ([name = '', ...words], said) => {
    const at = /failover|^modify-replication-group$/.test(name) ? [] : ['--apply-immediately']
    const { code, stderr } = await home.cachectl(name, ...words, ...at, '--dry-run')
    expect(stderr).toContain(said)
    expect(code).toBe(1)
  })

  test.skipIf(!hasTerminal)('is told of after a refusal: what there is of it', async () => {
    const line = ['test-failover', '--replication-group-id', 'cart', '--node-group-id', '0003']
    const { text, code } = await onTerminal(line, { env: { CACHECTL_HOME: home.stateDir } })
    expect(text).toContain('There is no shard 0003. There are: 0001, 0002.')
    expect(code).toBe(254)
  })

  test('that is not there is not failed over, and the one meant is named', async () => {
    expect(await home.cachectl('failover', 'shoop')).toMatchObject({
      code: 254,
      stdout: '',
      stderr: expect.stringMatching(/There is no replication group shoop\.\s+Did you mean shop\?/),
    })
  })

  test('fails over: another node is told as the primary, the time without one, and that the lost node is back', async () => {
    expect(await home.cachectl('failover', 'shop')).toMatchObject({ code: 252, stdout: '' })
    const [{ code, stdout, stderr }, waited] = await Promise.all([
      home.cachectl('failover', 'shop', '--yes', '--wait', '--output', 'json'),
      home.answer('discover', 'shop', '--until', 'primary', 'shop-002', '--interval', '50ms', '--output', 'events'),
    ])
    expect(JSON.parse(waited.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ type: 'end', converged: true })
    expect({ code, plan: stderr }).toMatchObject({ code: 0, plan: expect.stringContaining('primary: shop-001 (') })
    const told = JSON.parse(stdout)
    expect(told).toMatchObject({ group: 'shop', shard: '0001', from: 'shop-001', to: 'shop-002' })
    expect(told.errorsMs).toBeGreaterThan(0)
    expect(told.restoredAfterMs).toBeGreaterThan(told.promotedAfterMs)
    const { nodes } = await json('endpoints', 'shop')
    expect(nodes.at(-1)).toMatchObject({ id: 'shop-002', role: 'primary' })
  }, 30_000)

  test('of several shards does not fail over without one being named', async () => {
    expect(await home.cachectl('failover', 'cart')).toMatchObject({
      code: 252,
      stderr: expect.stringContaining('cart has several: 0001, 0002.'),
    })
    expect(await home.cachectl('failover', 'cart', '--shard', '0009')).toMatchObject({ code: 254 })
  })

  test('is left as it is by a plan, and by a person who says no (skipped without a terminal)', async () => {
    // A member that is on its way back from another test would have its own events.
    await home.answer('wait', 'replication-group-available', '--replication-group-id', 'cart')
    const before = await json('describe-events', '--duration', '60')
    await home.cachectl('failover', 'cart', '--shard', '0002', '--dry-run')
    if (hasTerminal) {
      const env = { CACHECTL_HOME: home.stateDir }
      const screen = await onTerminal(['failover', 'cart', '--shard', '0002'], { env, answers: [['(y/N)', 'n\r']] })
      expect(screen.text).toContain('likely to take over: cart-0002-002')
      expect(screen.text).toContain('Nothing was changed.')
    }
    expect(await json('describe-events', '--duration', '60')).toEqual(before)
  }, 30_000)
})
