/** Answers about all that there is at once: differences, what is due, targets to scrape, tests for CI. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryHome } from '../support/cli.ts'

const home = temporaryHome(afterAll)
const node = ['--engine', 'memcached', '--cache-node-type', 'cache.t4g.small']

beforeAll(async () => {
  await home.answer('engine', 'start', '--port', '0', '--pace', 'instant')
  await home.answer('create-cache-cluster', '--cache-cluster-id', 'shop', ...node, '--num-cache-nodes', '2', '--wait')
})

const json = async (...words: string[]) => JSON.parse(await home.answer(...words, '--output', 'json'))

test('parameters that differ are shown beside each other, against the defaults if no other group is named', async () => {
  const group = ['--cache-parameter-group-name', 'mine']
  await home.answer(
    'create-cache-parameter-group',
    ...group,
    '--cache-parameter-group-family',
    'memcached1.6',
    '--description',
    'x',
  )
  expect(await home.answer('diff', 'mine')).toBe('defaults of memcached1.6 and mine: no difference.\n')
  await home.answer(
    ...['modify-cache-parameter-group', ...group],
    ...['--parameter-name-values', 'ParameterName=chunk_size,ParameterValue=96'],
  )
  const differences = [{ parameter: 'chunk_size', from: '48', to: '96' }]
  for (const [words, from] of [
    [['diff', 'mine'], 'defaults of memcached1.6'],
    [['diff', 'default.memcached1.6', 'mine'], 'default.memcached1.6'],
  ] as const) {
    const { code, stdout } = await home.cachectl(...words, '--output', 'json')
    expect({ code, answer: JSON.parse(stdout) }).toEqual({ code: 1, answer: { from, to: 'mine', differences } })
  }
  const unknown = await home.cachectl('diff', 'mini')
  expect(unknown).toMatchObject({ code: 254, stderr: expect.stringContaining('Did you mean mine?') })
})

test('windows, what waits for them and service updates stand in the order of their times', async () => {
  await home.answer(
    ...['modify-cache-cluster', '--cache-cluster-id', 'shop', '--num-cache-nodes', '3'],
    ...['--preferred-maintenance-window', 'sun:05:00-sun:06:00'],
  )
  const due: { at: string; until: string | null; kind: string; what: string; cache: string }[] =
    await json('maintenance')
  expect(due.map(({ at }) => at)).toEqual(due.map(({ at }) => at).sort())
  const [window, pending] = due.filter(({ until }) => until !== null)
  expect(window).toMatchObject({ kind: 'window', cache: 'shop', what: expect.stringContaining('sun:05:00-sun:06:00') })
  expect(pending).toMatchObject({ kind: 'pending change', what: 'num cache nodes: 3', at: window?.at })
  expect(new Date(window?.at ?? '').toUTCString()).toMatch(/^Sun, .* 05:00:00 GMT$/)
  expect(due.find(({ kind }) => kind === 'service update')).toMatchObject({ cache: 'shop', until: null })
  expect(await home.answer('maintenance')).toContain('num cache nodes: 3')
})

test('each node is a target for Prometheus, with labels that tell which it is', async () => {
  const groups = JSON.parse(await home.answer('endpoints', '--all', '--output', 'prometheus-sd'))
  const hosts = (await home.answer('endpoints', 'shop', '--output', 'hosts')).trimEnd().split('\n')
  expect(groups.map(({ targets }: { targets: string[] }) => targets)).toEqual(hosts.map((host) => [host]))
  expect(groups[1].labels).toMatchObject({ cache: 'shop', node: '0002', engine: 'memcached', tls: 'false' })
  for (const { labels } of groups) for (const name of Object.keys(labels)) expect(name).toMatch(/^[a-z_]+$/)
})

test('keys that are used most are seen while they are used, and a bounded number of uses', async () => {
  let isOver = false
  const hot = json('kv', 'hot', 'shop', '--for', '60s', '--most', '6', '--count', '1').finally(() => {
    isOver = true
  })
  while (!isOver)
    await home.cachectl('kv', 'set', 'shop', 'hot', 'v').then(() => home.cachectl('kv', 'get', 'shop', 'hot'))
  expect(await hot).toMatchObject({ uses: 6, keys: [{ key: 'hot', share: expect.any(Number) }] })
})

test('the largest keys are told where a node lets clients list them, and else that it does not', async () => {
  const group = ['--cache-parameter-group-name', 'crawled']
  await home.answer(
    'create-cache-parameter-group',
    ...group,
    ...['--cache-parameter-group-family', 'memcached1.6', '--description', 'x'],
  )
  const crawler = ['--parameter-name-values', 'ParameterName=lru_crawler,ParameterValue=1']
  await home.answer('modify-cache-parameter-group', ...group, ...crawler)
  const old = [...group, '--cache-cluster-id', 'old', '--engine-version', '1.6.12', '--num-cache-nodes', '1']
  await home.answer('create-cache-cluster', ...node, ...old, '--wait')
  for (const [key, size] of [
    ['small', 10],
    ['large', 900],
    ['middle', 100],
  ] as const) {
    await home.answer('kv', 'set', 'old', key, 'x'.repeat(size))
  }
  const { stdout, stderr } = await home.cachectl('kv', 'big', 'old', '--count', '2', '--output', 'json')
  expect(JSON.parse(stdout)).toMatchObject({ keys: [{ key: 'large' }, { key: 'middle' }] })
  // A node keeps what it answers about the cluster as an item, too.
  expect(stderr).toBe('Of 4 keys.\n')
  expect(await home.cachectl('kv', 'big', 'shop')).toMatchObject({
    code: 255,
    stderr: expect.stringContaining('does not let clients look'),
  })
})

test('the verdict of the doctor is a run of tests, which fails on what is grave enough', async () => {
  const note = await home.cachectl('doctor', 'shop', '--output', 'junit', '--fail-on', 'note')
  expect(note).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/<failure type="note" message="[^"]*maintenance/),
  })
  const warning = await home.cachectl('doctor', 'shop', '--output', 'junit')
  expect(warning).toMatchObject({ code: 0, stdout: expect.stringContaining('failures="0"') })
  expect(await home.cachectl('doctor', 'shop', '--output', 'junit', '--watch')).toMatchObject({ code: 2 })
})
