import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { engineFiles } from '../../src/api/local-engine.ts'
import { type OperationName, operation, operationNames, structure } from '../../src/api/model.ts'
import { kebabCase } from '../../src/api/names.ts'
import type { Member } from '../../src/api/shapes.ts'
import { onlyOwn, own, unmarked } from '../../src/cli/output/sequences.ts'
import { scriptedServer } from '../discovery/scripted-server.ts'
import { authority } from '../scenarios/certificates.ts'
import { faultyDns } from '../scenarios/faulty-dns.ts'
import { HOSTILE, hostileAnswer, hostileError, obeyed, shownOn } from './support/hostile.ts'
import { recordRequests, result } from './support/recorder.ts'
import { hasTerminal, onTerminal } from './support/terminal.ts'

const home = mkdtempSync(join(tmpdir(), 'cachectl-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

beforeEach(() => {
  vi.stubEnv('CACHECTL_HOME', home)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b')
  vi.stubEnv('AWS_PAGER', '')
  vi.stubEnv('NO_COLOR', '')
  vi.stubEnv('TERM', 'xterm')
  return () => vi.unstubAllEnvs()
})

const HOSTILE_CODE = 'Throttled'

const at = (url: string) => ['--endpoint-url', url, '--region', 'us-west-2']

/** The least that the model demands, so that the request is sent. */
function least(shape: string): Record<string, unknown> {
  const { required, members } = structure(shape)
  return Object.fromEntries(required.map((name) => [name, leastOf(members[name] as Member)]))
}

function leastOf(member: Member): unknown {
  switch (member.kind) {
    case 'string':
      return 'shop'
    case 'number':
      return 1
    case 'boolean':
      return true
    case 'timestamp':
      return '2026-01-02T03:04:05Z'
    case 'list':
      return [leastOf(member.of)]
    case 'structure':
      return least(member.shape)
  }
}

const line = (name: OperationName, url: string): string[] => [
  kebabCase(name),
  '--cli-input-json',
  JSON.stringify(least(operation(name).input)),
  ...at(url),
]

const isOperation = (name: string): name is OperationName => operationNames.some((each) => each === name)

/** What is asked besides operations, such as how the engine is, it answers with nothing. */
const hostileApi = () => recordRequests(({ action }) => ({ body: isOperation(action) ? hostileAnswer(action) : '' }))

describe('a hostile answer of any operation', () => {
  const forms: [string, string[]][] = [
    ['as people read it', []],
    ...['json', 'text', 'table', 'yaml', 'yaml-stream'].map((form): [string, string[]] => [form, ['--output', form]]),
  ]

  test.each(forms)('moves nothing on a terminal: %s', async (_, form) => {
    const { url } = await hostileApi()
    for (const name of operationNames) {
      const seen = await shownOn('terminal', [...line(name, url), ...form])
      expect({ name, code: seen.code }).toEqual({ name, code: 0 })
      expect({ name, obeyed: obeyed(seen.text) }).toEqual({ name, obeyed: [] })
      const plain = await shownOn('terminal', [...line(name, url), ...form, '--color', 'off'])
      expect({ name, obeyed: obeyed(plain.text, false) }).toEqual({ name, obeyed: [] })
    }
  })

  test('arrives through a pipe as it is', async () => {
    const { url } = await hostileApi()
    for (const name of operationNames.filter((each) => operation(each).output !== null)) {
      const { text } = await shownOn('pipe', [...line(name, url), '--output', 'yaml'])
      expect({ name, text }).toEqual({ name, text: expect.not.stringContaining('\\u001b') })
    }
    const [name] = ['DescribeEvents'] as const
    const { text } = await shownOn('pipe', [...line(name, url), '--query', 'Events[0].Message', '--output', 'text'])
    expect(text).toBe(`${HOSTILE}\n`)
  })
})

test('a hostile refusal of any operation is one harmless line, with its hints', async () => {
  const codes = ['CacheClusterNotFound', 'CacheParameterGroupNotFoundFault', 'InvalidCacheClusterState', HOSTILE_CODE]
  for (const code of codes) {
    const { url } = await recordRequests(({ action }) =>
      action.startsWith('Describe') && action !== 'DescribeUsers'
        ? { body: hostileAnswer(action as OperationName) }
        : { status: 400, body: hostileError(code) },
    )
    for (const name of ['DeleteCacheCluster', 'DeleteCacheParameterGroup', 'DescribeUsers'] as const) {
      const seen = await shownOn('terminal', line(name, url))
      expect({ name, code: seen.code }).toEqual({ name, code: 254 })
      expect(seen.text).toContain('evil\\u001b]0;title')
      expect(obeyed(seen.text, false)).toEqual([])
    }
  }
})

test('what is no answer of the API at all moves nothing either', async () => {
  const { url } = await recordRequests(() => ({ body: HOSTILE }))
  const { code, text } = await shownOn('terminal', line('DescribeCacheClusters', url))
  expect([code, obeyed(text, false)]).toEqual([255, []])
})

test('a word typed wrong comes back harmless', async () => {
  for (const argv of [
    [HOSTILE],
    ['probe', HOSTILE],
    ['describe-events', `--${HOSTILE}`],
    ['kv', 'get', 'x', HOSTILE],
  ]) {
    const { code, text } = await shownOn('terminal', argv)
    expect({ argv, failed: code !== 0, obeyed: obeyed(text, false) }).toEqual({ argv, failed: true, obeyed: [] })
  }
})

describe('commands about a hostile target', () => {
  const lines: string[][] = [
    ['list'],
    ['list', '--output', 'ids'],
    ['list', '--output', 'json'],
    ['backup', 'list'],
    ['backup', 'list', '--output', 'names'],
    ['quotas'],
    ['endpoints', 'shop'],
    ...['json', 'env', 'hosts'].map((form) => ['endpoints', 'shop', '--output', form]),
    ['discover', 'shop'],
    ['probe', 'shop', '-c', '1'],
    ['doctor', 'shop'],
    ['dns', 'shop', '--timeout', '50ms'],
    ['tls', 'shop'],
    ['preference', 'shop'],
    ['gai', 'check', 'shop'],
    ['connections', 'shop'],
    ['kv', 'locate', 'shop', 'key'],
    ['kv', 'stats', 'shop'],
    ['top', 'shop', '--count', '1', '--interval', '200ms'],
    ['scale', 'shop', '--nodes', '5', '--dry-run'],
    ['tag', 'list', 'shop'],
    ['completion', 'ids', 'cache'],
    ['wait', 'cache-cluster-available', '--cache-cluster-id', 'shop', '--timeout', '300ms'],
  ]

  test.each(lines.map((words) => [words.join(' '), words] as const))('%s', { timeout: 30_000 }, async (_, words) => {
    const { url } = await hostileApi()
    const { text } = await shownOn('terminal', [...words, ...at(url)])
    expect(obeyed(text)).toEqual([])
  })
})

describe('commands about a hostile node', () => {
  const bytes = (text: string) => Buffer.from(text).toString('latin1')
  const node = () =>
    scriptedServer((line) => {
      const [verb = '', key] = line.split(' ')
      const list = `2\n${HOSTILE}|127.0.0.1|1 x|127.0.0.1|2\n`
      const sized = (head: string, body: string) => bytes(`${head} ${Buffer.byteLength(body)}\r\n${body}\r\nEND\r\n`)
      if (verb === 'version') return bytes(`VERSION ${HOSTILE}\r\n`)
      if (verb === 'stats') return bytes(`STAT version ${HOSTILE}\r\nSTAT ${HOSTILE} 1\r\nEND\r\n`)
      if (verb === 'config') return sized('CONFIG cluster 0', list)
      if (verb === 'get' || verb === 'gets') return sized(`VALUE ${key} 0`, HOSTILE)
      return bytes(`SERVER_ERROR ${HOSTILE}\r\n`)
    })

  const lines: string[][] = [
    ['kv', 'get', '@', 'k'],
    ['kv', 'mget', '@', 'k'],
    ['kv', 'set', '@', 'k', 'v'],
    ['kv', 'delete', '@', 'k'],
    ['kv', 'stats', '@'],
    ['kv', 'flush', '@', '--yes'],
    ['discover', '@'],
    ['discover', '@', '--output', 'events'],
    ['probe', '@', '-c', '1', '--protocol'],
    ['probe', '@', '-c', '1', '--output', 'nping'],
    ['doctor', '@'],
    ['doctor', '@', '--output', 'json'],
    ['tls', '@', '--timeout', '500ms'],
    ['connections', '@'],
    ['top', '@', '--count', '1', '--interval', '200ms'],
  ]

  test.each(lines.map((words) => [words.join(' '), words] as const))('%s', { timeout: 30_000 }, async (_, words) => {
    const { port } = await node()
    const { text } = await shownOn(
      'terminal',
      words.map((word) => (word === '@' ? `127.0.0.1:${port}` : word)),
    )
    expect(text).not.toBe('')
    expect(obeyed(text)).toEqual([])
  })

  test('a value is raw through a pipe, and on a terminal where that is asked for', async () => {
    const { port } = await node()
    const get = ['kv', 'get', `127.0.0.1:${port}`, 'k']
    expect((await shownOn('pipe', get)).text).toBe(HOSTILE)
    expect((await shownOn('terminal', [...get, '--output', 'raw'])).text).toBe(HOSTILE)
  })
})

test('a hostile certificate moves nothing', async () => {
  const name = 'evil\x1b[5m\x07\rHealthy\x7f'
  const { issue } = await authority(name)
  const { cert, key } = await issue('good', name)
  const { port } = await scriptedServer(() => 'VERSION 1.6.22\r\n', { tls: { cert, key } })
  const { text } = await shownOn('terminal', ['tls', `127.0.0.1:${port}`])
  expect(text).toContain('evil')
  expect(obeyed(text)).toEqual([])
})

test('a hostile alias is written as name servers write it', async () => {
  const records = { 'shop.test': { CNAME: 'ev\x1b]0;t\x07il.test' }, 'ev\x1b]0;t\x07il.test': { A: ['10.0.0.7'] } }
  const server = `127.0.0.1:${await faultyDns({ records }, onTestFinished)}`
  const { text } = await shownOn('terminal', ['dns', 'shop.test', '--server', server])
  expect(text).toContain('ev\\027]0;t\\007il.test')
  expect(obeyed(text)).toEqual([])
})

test('what an engine has written down moves nothing', async () => {
  const files = engineFiles(home)
  writeFileSync(files.log, `${HOSTILE}\n`)
  const call = { eventTime: HOSTILE, awsRegion: HOSTILE, userIdentity: { userName: HOSTILE }, eventName: HOSTILE }
  writeFileSync(files.audit, `${JSON.stringify({ ...call, errorCode: HOSTILE, errorMessage: HOSTILE })}\n`)
  const sent = { Timestamp: HOSTILE, TopicArn: HOSTILE, Message: HOSTILE, MessageAttributes: {} }
  writeFileSync(files.notifications, `${JSON.stringify(sent)}\n`)
  for (const words of [['logs'], ['audit'], ['audit', '--output', 'json'], ['notifications']]) {
    const { code, text } = await shownOn('terminal', ['engine', ...words])
    expect({ words, code, told: text.includes('evil'), obeyed: obeyed(text) }).toEqual({
      words,
      code: 0,
      told: true,
      obeyed: [],
    })
  }
})

test('nothing of the command line writes to a stream but the one door', () => {
  const folder = new URL('../../src/cli/', import.meta.url).pathname
  const writers = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .filter((file) =>
      /std(?:out|err)\.write\(|console\.|writeSync\((?:1|2)\b/.test(readFileSync(join(folder, file), 'utf8')),
    )
  expect(writers).toEqual(['terminal.ts'])
})

test('no command to paste is put together by hand', () => {
  const folder = new URL('../../src/', import.meta.url).pathname
  const byHand = ['cli', 'diagnose'].flatMap((room) =>
    readdirSync(join(folder, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/report-page|help|completion\/scripts/.test(file))
      .flatMap((file) => readFileSync(join(folder, room, file), 'utf8').split('\n'))
      // Values of ours follow a letter of theirs (`--prefer ipv${family}`), those of others stand alone.
      .filter((line) =>
        /(?<!shell)`(?:[^`]*(?:[\s:(]|(?<!shell)`))?(?:cachectl [a-z]|getent |ip route |dig )[^`]* \$\{(?!shellWord\()/.test(
          line,
        ),
      ),
  )
  expect(byHand).toEqual([])
})

test('colours of ours stay, and the same bytes in a name do not', () => {
  const [red, end] = own('\x1b[31m \x1b[39m').split(' ') as [string, string]
  expect(onlyOwn(`${red}\x1b[31mx${end}`)).toBe('\x1b[31m\\u001b[31mx\x1b[39m')
  expect(unmarked(`${red}\x1b[31mx${end}`)).toBe('\x1b[31m\x1b[31mx\x1b[39m')
})

describe('what a shell is to take', () => {
  const RUNS = "a'$(touch ran)`touch ran`\n; touch ran #"
  const cluster = `<CacheClusters><CacheCluster><CacheClusterId>${RUNS}</CacheClusterId><CacheNodes><CacheNode><CacheNodeId>0001</CacheNodeId><Endpoint><Address>${RUNS}</Address><Port>1</Port></Endpoint></CacheNode></CacheNodes><ConfigurationEndpoint><Address>${RUNS}</Address><Port>1</Port></ConfigurationEndpoint></CacheCluster><CacheCluster><CacheClusterId>shop</CacheClusterId></CacheCluster></CacheClusters>`
  const api = () =>
    recordRequests(({ action }) => ({ body: result(action, action === 'DescribeCacheClusters' ? cluster : '') }))

  test('endpoints as variables are data, whatever a service calls its nodes', async () => {
    const { url } = await api()
    const { text } = await shownOn('pipe', ['endpoints', 'shop', '--output', 'env', ...at(url)])
    const name = RUNS.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
    const script = `${text}printf '%s\\0' "$${name}_ENDPOINT" "$${name}_SERVERS"`
    const seen = execFileSync('sh', ['-c', script], { cwd: home, encoding: 'utf8' }).split('\0')
    expect(seen.slice(0, 2)).toEqual([`${RUNS}:1`, `${RUNS}:1`])
    expect(existsSync(join(home, 'ran'))).toBe(false)
  })

  test('names are offered at the TAB key only where no shell would expand them', async () => {
    const { url } = await api()
    const { text } = await shownOn('pipe', ['completion', 'ids', 'cache-cluster-id', ...at(url)])
    expect(text).toBe('shop\n')
  })
})

test.skipIf(!hasTerminal)('questions offer hostile names harmlessly (needs python3 with pty)', async () => {
  const { url } = await hostileApi()
  const { raw, code } = await onTerminal(['delete-cache-cluster', ...at(url)], {
    env: { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', CACHECTL_HOME: home },
    answers: [
      ['navigate', '\r'],
      ['(y/N)', 'n\r'],
    ],
  })
  expect([code, raw]).toEqual([255, expect.stringContaining("--cache-cluster-id $'evil\\033]0;title\\007")])
  // inquirer moves the cursor with sequences of its own, but with none of these.
  expect(raw).not.toMatch(/\x1b\]|\x1b\[(?:5m|3J)|[\x07\x9b\x9d\u202e\u2066\u200b]/)
})

test.skipIf(!hasTerminal)('on a real terminal as well (needs python3 with pty)', async () => {
  const { url } = await hostileApi()
  const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', CACHECTL_HOME: home }
  for (const pager of ['', 'cat']) {
    const env = { ...keys, AWS_PAGER: pager }
    const { raw } = await onTerminal(['describe-cache-clusters', ...at(url)], { env, rows: 5, columns: 300 })
    expect(raw).toContain('evil\\u001b]0;title')
    expect(obeyed(raw.replaceAll('\r\n', '\n'))).toEqual([])
  }
})
