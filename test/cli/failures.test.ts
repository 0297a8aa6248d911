import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../support/engine.ts'
import { bareEnvironment, cachectl } from './support/cli.ts'
import { errorBody, pretendEngine, recordRequests, result } from './support/recorder.ts'

const launcher = new URL('../../bin/run.js', import.meta.url).pathname

async function homeThatAnswers(reply: Parameters<typeof recordRequests>[0]) {
  const recorder = await recordRequests(reply)
  const CACHECTL_HOME = temporaryDirectory()
  pretendEngine(CACHECTL_HOME, recorder.url)
  return { CACHECTL_HOME }
}

describe("exit codes are aws-cli v2's", () => {
  test('254, and the sentence scripts look for, when the service refuses', async () => {
    const home = await homeThatAnswers(() => ({ status: 404, body: errorBody('CacheClusterNotFound', 'no shop') }))
    const { code, stdout, stderr } = await cachectl(['delete-cache-cluster', '--cache-cluster-id', 'shop'], home)
    expect(code).toBe(254)
    expect(stdout).toBe('')
    expect(stderr).toBe(
      '\nAn error occurred (CacheClusterNotFound) when calling the DeleteCacheCluster operation: no shop\n',
    )
  })

  test('254 with the code as sent, also for a code that no SDK knows', async () => {
    const home = await homeThatAnswers(() => ({ status: 400, body: errorBody('UnsupportedOperation', 'not here') }))
    const { code, stderr } = await cachectl(['describe-users'], home)
    expect(code).toBe(254)
    expect(stderr).toContain('An error occurred (UnsupportedOperation) when calling the DescribeUsers operation')
  })

  test.each([
    ['an unknown command', ['descibe-cache-clusters'], 'Did you mean `cachectl describe-cache-clusters`?'],
    ['a topic misspelt', ['enigne', 'status'], 'Did you mean `cachectl engine`?'],
    ['another service', ['iam', 'list-users'], 'for iam there is `aws iam`'],
    ['an unknown option', ['describe-cache-clusters', '--regin', 'x'], 'Did you mean --region?'],
    [
      'a missing option under the name the guide gives an operation',
      ['create-serverless-snapshot'],
      'the following arguments are required: --serverless-cache-snapshot-name, --serverless-cache-name',
    ],
    ['a missing option', ['create-cache-cluster'], 'the following arguments are required: --cache-cluster-id'],
    ['a form that is not there', ['describe-cache-clusters', '--output', 'paper'], "invalid choice: 'paper'"],
    ['a bad query', ['describe-cache-clusters', '--query', 'a['], 'Bad value for --query a['],
    ['an unknown target', ['describe-cache-clusters', '--target', 'moon'], 'Unknown target "moon"'],
  ])('252 for %s', async (_, argv, message) => {
    const { code, stdout, stderr } = await cachectl(argv, { CACHECTL_HOME: temporaryDirectory() })
    expect(stderr).toContain(message)
    expect(stdout).toBe('')
    expect(code).toBe(252)
  })

  test('253 when no engine runs, with the next step', async () => {
    const { code, stderr } = await cachectl(['describe-cache-clusters'], { CACHECTL_HOME: temporaryDirectory() })
    expect(code).toBe(253)
    expect(stderr).toContain('No local engine is running')
    expect(stderr).toContain('cachectl engine start')
  })

  test('253 without credentials, and without a region', async () => {
    const HOME = temporaryDirectory()
    const noCredentials = await cachectl(['describe-users', '--target', 'aws', '--region', 'us-west-2'], { HOME })
    expect(noCredentials).toMatchObject({ code: 253, stderr: expect.stringContaining('Unable to locate credentials') })
    const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'x' }
    const noRegion = await cachectl(['describe-users', '--target', 'aws'], { HOME, ...keys })
    expect(noRegion).toMatchObject({ code: 253, stderr: expect.stringContaining('You must specify a region') })
  })

  test('255 when nothing listens, with the URL', async () => {
    const CACHECTL_HOME = temporaryDirectory()
    pretendEngine(CACHECTL_HOME, 'http://127.0.0.1:1')
    const { code, stderr } = await cachectl(['describe-cache-clusters'], { CACHECTL_HOME })
    expect(code).toBe(255)
    expect(stderr).toContain('Could not connect to the endpoint URL: "http://127.0.0.1:1"')
  })
})

describe('what is no answer of ElastiCache is 255, and never an empty list', () => {
  test.each([
    ['an empty one', 200, '', 'Unable to parse response (no element found: line 1, column 0), invalid XML received.'],
    ['plain text', 404, 'not here', 'Unable to parse response (syntax error: line 1, column 0)'],
    ["a proxy's page", 200, '<html><br></html>', "b'<html><br></html>'"],
    ['half of one', 200, '<DescribeUsersResponse><Users>', 'Unable to parse response ('],
  ])('%s', async (_, status, body, words) => {
    const recorder = await recordRequests(() => ({ status, body }))
    const CACHECTL_HOME = temporaryDirectory()
    pretendEngine(CACHECTL_HOME, recorder.url)
    const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-west-2' }
    const elsewhere = { ...keys, CACHECTL_HOME: temporaryDirectory(), AWS_ENDPOINT_URL: recorder.url }
    for (const env of [{ CACHECTL_HOME }, elsewhere]) {
      const { code, stdout, stderr } = await cachectl(['describe-users'], env)
      expect({ code, stdout }).toEqual({ code: 255, stdout: '' })
      expect(stderr).toContain(words)
      expect(stderr).toContain(`HTTP status ${status}`)
      expect(stderr).not.toContain('hidden field')
    }
  })
})

describe('what can not be had is told, and why', () => {
  test('credentials of a program that fails, of both APIs', async () => {
    const HOME = temporaryDirectory()
    mkdirSync(join(HOME, '.aws'))
    writeFileSync(join(HOME, '.aws', 'config'), '[default]\nregion = us-west-2\ncredential_process = false\n')
    for (const words of [['describe-users'], ['metrics', 'shop']]) {
      const { code, stderr } = await cachectl([...words, '--target', 'aws'], { HOME })
      expect(code).toBe(255)
      expect(stderr).toContain('Error when retrieving credentials from custom-process')
    }
  })

  test('a bundle of authorities that is no file', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-west-2' }
    const words = ['describe-users', '--endpoint-url', 'https://127.0.0.1:1', '--ca-bundle', temporaryDirectory()]
    expect(await cachectl(words, env)).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('[Errno 21] Is a directory'),
    })
  })

  test('records of proxies that can not be listed', async () => {
    const CACHECTL_HOME = temporaryDirectory()
    writeFileSync(join(CACHECTL_HOME, 'proxies'), '')
    expect(await cachectl(['proxy', 'list'], { CACHECTL_HOME })).toMatchObject({
      code: 255,
      stderr: expect.stringContaining(`Cannot read ${join(CACHECTL_HOME, 'proxies')}: ENOTDIR`),
    })
  })

  test('the latest calls, of an engine that does not write them down', async () => {
    const home = await homeThatAnswers(() => ({ status: 500, body: 'out of paper' }))
    expect(await cachectl(['engine', 'audit'], home)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^The latest calls may be missing: The engine answered 500 .*out of paper/),
    })
  })

  test('the quota of nodes, which --dry-run goes by', async () => {
    const home = await homeThatAnswers(() => ({ status: 500, body: 'out of paper' }))
    const create = ['create-cache-cluster', '--cache-cluster-id', 'shop', '--engine', 'memcached', '--dry-run']
    expect(
      await cachectl([...create, '--cache-node-type', 'cache.t4g.small', '--num-cache-nodes', '61'], home),
    ).toMatchObject({
      stderr: expect.stringContaining('The quota of nodes is not known: The engine answered 500'),
    })
  })
})

test('an error can be had as JSON', async () => {
  const home = await homeThatAnswers(() => ({ status: 404, body: errorBody('UserNotFound', 'who?') }))
  const expected = { code: 'UserNotFound', operation: 'DescribeUsers', exitCode: 254 }
  for (const [argv, env] of [
    [['--cli-error-format', 'json'], {}],
    [['--cli-error-format=json'], {}],
    [[], { CACHECTL_ERROR_FORMAT: 'json' }],
  ] as const) {
    const { stderr, code } = await cachectl(['describe-users', ...argv], { ...home, ...env })
    expect(code).toBe(254)
    expect(JSON.parse(stderr)).toMatchObject({ ...expected, message: expect.stringContaining('who?') })
  }
})

test('an empty answer prints nothing at all', async () => {
  const home = await homeThatAnswers(({ action }) => ({ body: result(action) }))
  const outcome = await cachectl(['delete-cache-subnet-group', '--cache-subnet-group-name', 'x'], home)
  expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' })
})

test('global options may stand before the command', async () => {
  const home = await homeThatAnswers(({ action }) => ({ body: result(action, '<Users/>') }))
  const { stdout, code } = await cachectl(['--target', 'local', '--region=eu-west-1', 'describe-users'], home)
  expect({ stdout, code }).toEqual({ stdout: '{\n    "Users": []\n}\n', code: 0 })
})

test.each([
  [['--region'], 'region'],
  [['--prof'], 'profile'],
  [['--output', '--query', 'x', 'list'], 'output'],
  [['--no-paginate', '--endpoint-url', '--debug', 'describe-cache-clusters'], 'endpoint-url'],
])('%j is refused: a value is missing', async (args, option) => {
  const { code, stdout, stderr } = await cachectl(args)
  expect({ code, stdout, stderr }).toEqual({
    code: 252,
    stdout: '',
    stderr: `\nargument --${option}: expected one argument\n`,
  })
})

test('252 for a region there is not, before an engine of it starts', async () => {
  const { code, stderr } = await cachectl(['engine', 'start', '--region', 'us-wset-2'], {
    CACHECTL_HOME: temporaryDirectory(),
  })
  expect(code).toBe(252)
  expect(stderr).toContain('Did you mean us-west-2?')
})

test('a global option without its value does not keep help from those who ask for it', async () => {
  expect((await cachectl(['--region', '--help'])).code).toBe(0)
})

test.each(['NO_COLOR', 'NODE_DISABLE_COLORS'])(
  'that FORCE_COLOR contradicts %s is nothing to warn of',
  async (name) => {
    // Some versions of Node look at colours by themselves while they start; here all do at the end.
    const atEnd =
      "process.once('beforeExit', () => { WriteStream.prototype.getColorDepth(); process.emitWarning('another') })"
    const code = encodeURIComponent(`import { WriteStream } from 'node:tty'; ${atEnd}`)
    const env = { [name]: '1', FORCE_COLOR: '1', NODE_OPTIONS: `--import=data:text/javascript,${code}` }
    const { stderr } = await cachectl(['engine', 'status'], { ...env, CACHECTL_HOME: temporaryDirectory() })
    expect(stderr).toContain('another')
    expect(stderr).not.toContain('FORCE_COLOR')
  },
)

test('a reader that leaves early is no error', async () => {
  const many = '<CacheCluster><CacheClusterId>shop</CacheClusterId></CacheCluster>'.repeat(20_000)
  const home = await homeThatAnswers(({ action }) => ({
    body: result(action, `<CacheClusters>${many}</CacheClusters>`),
  }))
  const child = spawn(process.execPath, [launcher, 'describe-cache-clusters'], {
    env: { ...bareEnvironment(), ...home },
  })
  let stderr = ''
  child.stderr.on('data', (piece: Buffer) => {
    stderr += piece.toString()
  })
  child.stdout.once('data', () => child.stdout.destroy())
  const code = await new Promise((resolve) => child.on('exit', resolve))
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})
