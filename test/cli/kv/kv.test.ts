import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CacheNode, type CacheNodeOptions } from '../../../src/memcached/server.ts'
import { BROKEN_OFF, NOTHING_LISTENS } from '../../../src/net/connect-outcome.ts'
import { CERTIFICATE_ONE } from '../../memcached/support/certificates.ts'
import { cachectl } from '../support/cli.ts'
import { hasTerminal, onTerminal } from '../support/terminal.ts'

interface Nodes {
  readonly nodes: readonly CacheNode[]
  /** For the command line: host:port,host:port. */
  readonly where: string
}

async function startNodes(count: number, options: Partial<CacheNodeOptions> = {}): Promise<Nodes> {
  const nodes = Array.from({ length: count }, () => {
    const node = new CacheNode({ engineVersion: '1.6.22', memoryLimit: 16 << 20, ...options })
    onTestFinished(() => node.close())
    return node
  })
  const addresses = await Promise.all(nodes.map((node) => node.listen({ host: '127.0.0.1', port: 0 })))
  return { nodes, where: addresses.map(({ port }) => `127.0.0.1:${port}`).join(',') }
}

function scratchFile(name: string, content: string | Buffer): string {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, name), content)
  return join(directory, name)
}

const kv = (...args: string[]) => cachectl(['kv', ...args])

async function said(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await kv(...args)
  if (code !== 0) throw new Error(`kv ${args.join(' ')}: exit ${code}\n${stdout}${stderr}`)
  return stdout
}

describe('cachectl kv', () => {
  it('stores on the node that locate names, and reads it back', async () => {
    const { where, nodes } = await startNodes(3)
    expect(await said('set', where, 'greeting', 'hello', '--ttl', '15m')).toBe('STORED\n')
    const node = (await said('locate', where, 'greeting', '--hash', 'ketama')).trim()
    const holders = nodes.flatMap((each) =>
      each.report().items === 1 ? each.addresses.map(({ port }) => `127.0.0.1:${port}`) : [],
    )
    expect(holders).toEqual([node])
    expect(await said('get', where, 'greeting')).toBe('hello')
    expect(JSON.parse(await said('get', where, 'greeting', '--output', 'json'))).toEqual({
      key: 'greeting',
      flags: 0,
      value: 'hello',
    })
  })

  it('tells the node of a key for each of the common clients', async () => {
    const rows = JSON.parse(await said('locate', '10.0.0.1:11211,10.0.0.2:11211', 'k', '--output', 'json'))
    expect(rows.map(({ hash }: { hash: string }) => hash)).toEqual([
      'ketama',
      'ketama-npm',
      'modulo',
      'ketama-java',
      'modulo-java',
      'modulo-memjs',
      'rendezvous',
    ])
    expect((await kv('locate', '10.0.0.1:11211', 'k', '--hash', 'crc')).code).toBe(252)
  })

  it('keeps values from files byte for byte', async () => {
    const { where } = await startNodes(1)
    const bytes = randomBytes(300_000)
    await said('set', where, 'picture', '--file', scratchFile('in', bytes))
    const view = JSON.parse(await said('get', where, 'picture', '--output', 'json'))
    expect(Buffer.from(view.base64, 'base64').equals(bytes)).toBe(true)
  })

  it('adds, counts, touches and deletes, and says with exit code 1 what was not so', async () => {
    const { where } = await startNodes(2)
    expect(await said('add', where, 'n', '5')).toBe('STORED\n')
    expect(await kv('add', where, 'n', '6')).toMatchObject({ code: 1, stdout: 'NOT_STORED\n' })
    expect(await said('incr', where, 'n')).toBe('6\n')
    expect(await said('incr', where, 'n', '--by=-4')).toBe('2\n')
    expect(await said('touch', where, 'n', '90d')).toBe('TOUCHED\n')
    expect(await kv('mget', where, 'n', 'other')).toMatchObject({
      code: 1,
      stdout: '{"key":"n","flags":0,"value":"2"}\n',
      stderr: expect.stringContaining('Not there: other'),
    })
    expect(await said('delete', where, 'n')).toBe('DELETED\n')
    expect(await kv('get', where, 'n')).toMatchObject({ code: 1, stdout: '' })
    const told = await kv('get', where, 'n', '--cli-error-format', 'json')
    expect(JSON.parse(told.stderr)).toEqual({ code: 'NotSo', message: 'There is no key n.', exitCode: 1 })
    const none = await kv('mget', where, 'n', '--output', 'json')
    expect(none).toMatchObject({ code: 1, stdout: '{"key":"n","value":null}\n' })
  })

  it.each([[['get', 'n']], [['delete', 'n']], [['incr', 'n']], [['touch', 'n', '1h']]])(
    'says of %j that there is no such key',
    async ([verb = '', ...words]) => {
      const { where } = await startNodes(1)
      expect(await kv(verb, where, ...words)).toEqual({ code: 1, stdout: '', stderr: 'There is no key n.\n' })
    },
  )

  it.skipIf(!hasTerminal)('ends a value with a line end on a terminal (needs python3 with pty)', async () => {
    const { where } = await startNodes(1)
    await said('set', where, 'n', 'seven')
    expect((await onTerminal(['kv', 'get', where, 'n'])).text).toBe('seven\n')
    expect((await onTerminal(['kv', 'get', where, 'n', '--output', 'raw'])).text).toBe('seven')
  })

  it.skipIf(!hasTerminal)('says on a terminal that it waits for a value (needs python3 with pty)', async () => {
    const { where } = await startNodes(1)
    const { text } = await onTerminal(['kv', 'set', where, 'n'], { answers: [['Ctrl-D', 'typed\r\x04']] })
    expect(text).toContain('Reading from the terminal: Ctrl-D on a line of its own ends it.')
    expect(await said('get', where, 'n')).toBe('typed\n')
  })

  it.each([
    ['kv', 'get', '@', 'k'],
    ['discover', '@'],
    ['tls', '@'],
  ])('gives the advice that all give where nothing listens: %s %s', async (...words) => {
    const { code, stdout, stderr } = await cachectl(words.map((word) => (word === '@' ? 'localhost:1' : word)))
    expect(code).not.toBe(0)
    expect(stdout + stderr).toContain(NOTHING_LISTENS)
  })

  it.each([['get', 'k'], ['stats']])('says what may be where connections are reset: kv %s', async (verb, ...rest) => {
    const resets = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()).on('error', () => {}))
    onTestFinished(() => void resets.close())
    await new Promise<void>((resolve) => resets.listen(0, '127.0.0.1', resolve))
    const { port } = resets.address() as AddressInfo // of TCP
    const { code, stderr } = await kv(verb, `127.0.0.1:${port}`, ...rest, '--protocol', 'memcached')
    expect(code).toBe(255)
    expect(stderr).toContain('ECONNRESET')
    expect(stderr).toContain(BROKEN_OFF)
  })

  it('shows the statistics of nodes, and flushes all of them', async () => {
    const { where } = await startNodes(2)
    for (const key of ['a', 'b', 'c', 'd']) await said('set', where, key, key)
    const items = async () =>
      JSON.parse(await said('stats', where, '--output', 'json')).reduce(
        (sum: number, { stats }: { stats: Record<string, string> }) => sum + Number(stats.curr_items),
        0,
      )
    expect(await items()).toBe(4)
    expect(await kv('flush', where)).toMatchObject({ code: 252, stderr: expect.stringContaining('--yes') })
    expect(await items()).toBe(4)
    expect((await said('flush', where, '--yes')).match(/ OK\n/g)).toHaveLength(2)
    expect(await kv('mget', where, 'a', 'b', 'c', 'd')).toMatchObject({ code: 1, stdout: '' })
  })

  it('speaks TLS to those whose authority it is given', async () => {
    const { where } = await startNodes(1, { tls: CERTIFICATE_ONE })
    const ca = scratchFile('ca.pem', CERTIFICATE_ONE.cert)
    expect(await said('set', where, 'k', 'v', '--tls', '--ca', ca)).toBe('STORED\n')
    expect(await said('get', where, 'k', '--tls', '--ca', ca)).toBe('v')
    const { code, stderr } = await kv('get', where, 'k', '--tls', '--ca', scratchFile('none.pem', ''))
    expect(code).toBe(255)
    expect(stderr).toContain(where)
  })

  it('asks a node for the others, with --discover', async () => {
    const { nodes, where } = await startNodes(2)
    const list = `1\n${where
      .split(',')
      .map((each) => `localhost|127.0.0.1|${each.split(':')[1]}`)
      .join(' ')}\n`
    for (const node of nodes) node.announce(Buffer.from(list))
    const stats = JSON.parse(await said('stats', where.split(',')[0] ?? '', '--discover', '--output', 'json'))
    expect(stats).toHaveLength(2)
  })

  it('names the node that does not answer, and keys that cannot be', async () => {
    const { where, nodes } = await startNodes(1)
    await nodes[0]?.close()
    expect(await kv('get', where, 'k')).toMatchObject({ code: 255, stderr: expect.stringContaining(`${where}: `) })
    expect(await kv('get', where, 'a b')).toMatchObject({ code: 252, stderr: expect.stringContaining('spaces') })
    expect((await kv('get', where, 'k'.repeat(251))).code).toBe(252)
  })

  it('passes on what a node refuses', async () => {
    const { where } = await startNodes(1)
    const file = scratchFile('big', Buffer.alloc(1 << 21))
    expect(readFileSync(file)).toHaveLength(1 << 21)
    expect(await kv('set', where, 'big', '--file', file)).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('SERVER_ERROR object too large for cache'),
    })
  })
})

describe('cachectl kv dump and load', () => {
  it('carry items, their flags and times from nodes to others', async () => {
    const old = await startNodes(2, { configCommand: false, adminCommands: true })
    const fresh = await startNodes(3)
    await said('set', old.where, 'text', 'grün', '--client-flags', '7', '--ttl', '1h')
    await said('set', old.where, 'bytes', '--file', scratchFile('bytes', Buffer.from([0, 255, 13, 10])))
    const dump = await said('dump', old.where)
    expect(dump.trim().split('\n')).toHaveLength(2)
    await said('load', fresh.where, scratchFile('dump', `${dump}{"key":"late","value":"x","expires":1}\n`))
    expect(JSON.parse(await said('get', fresh.where, 'text', '--output', 'json'))).toMatchObject({
      value: 'grün',
      flags: 7,
    })
    expect(JSON.parse(await said('get', fresh.where, 'bytes', '--output', 'json')).base64).toBe('AP8NCg==')
    expect((await kv('get', fresh.where, 'late')).code).toBe(1)
  })

  it('say where keys cannot be listed, and which line is no item', async () => {
    const { where } = await startNodes(1)
    expect(await kv('dump', where)).toMatchObject({ code: 255, stderr: expect.stringContaining('lru_crawler') })
    const { code, stderr } = await kv('load', where, scratchFile('bad', '{"key":"a","value":"b"}\nnonsense\n'))
    expect(code).toBe(255)
    expect(stderr).toContain('Line 2: no JSON.')
  })
})

describe('cachectl kv bench', () => {
  it('loads all nodes for a while, and counts what it did', async () => {
    const { where, nodes } = await startNodes(2)
    const args = ['--time', '300ms', '--connections', '4', '--pipeline', '2', '--keys', '100', '--output', 'json']
    const report = JSON.parse(await said('bench', where, ...args))
    expect(report).toMatchObject({ nodes: 2, misses: 0, refused: 0 })
    expect(report.gets).toBeGreaterThan(report.sets)
    const served = nodes.map((node) => node.report())
    expect(served.reduce((sum, { cmdGet }) => sum + cmdGet, 0)).toBe(report.gets)
    expect(served.every(({ items }) => items > 10)).toBe(true)
    const { p50, p99, max } = report.latencyMs
    expect(p50 > 0 && p50 <= p99 && p99 <= max).toBe(true)
  })

  it.skipIf(!hasTerminal)(
    'tells on a terminal that it goes on, and nothing of it is left (needs python3 with pty)',
    async () => {
      const { where } = await startNodes(1)
      const { raw } = await onTerminal(['kv', 'bench', where, '--time', '300ms', '--connections', '1', '--keys', '10'])
      const turning = raw.lastIndexOf(`0.3 s of load on ${where}`)
      expect(turning).toBeGreaterThan(-1)
      expect(raw.indexOf('\x1b[2K', turning)).toBeGreaterThan(turning)
    },
  )

  it('is bounded', async () => {
    expect((await kv('bench', '127.0.0.1:1', '--time', '1h')).code).toBe(252)
    expect((await kv('bench', '127.0.0.1:1', '--connections', '5000')).code).toBe(252)
    expect((await kv('bench', '127.0.0.1:1', '--time', '100ms')).code).toBe(255)
  })
})
