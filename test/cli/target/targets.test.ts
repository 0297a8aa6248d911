import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { describeChoice, resolveTarget } from '../../../src/cli/target/targets.ts'
import { temporaryDirectory } from '../../support/engine.ts'
import { cachectl } from '../support/cli.ts'
import { errorBody, pretendEngine, recordRequests, result } from '../support/recorder.ts'

describe('where a request goes: the flag, the named target, the environment, the local engine', () => {
  const everything = {
    CACHECTL_TARGET: 'aws',
    AWS_ENDPOINT_URL_ELASTICACHE: 'http://127.0.0.1:1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:2',
  }
  const { CACHECTL_TARGET: _, ...urls } = everything

  test.each([
    [
      { 'endpoint-url': 'http://127.0.0.1:9', target: 'local' },
      everything,
      { kind: 'endpoint', url: 'http://127.0.0.1:9' },
    ],
    [{ target: 'local' }, everything, { kind: 'local' }],
    [{}, everything, { kind: 'aws' }],
    [{}, urls, { kind: 'endpoint', url: 'http://127.0.0.1:1' }],
    [{}, { AWS_ENDPOINT_URL: 'http://127.0.0.1:2' }, { kind: 'endpoint', url: 'http://127.0.0.1:2' }],
    [{}, { CACHECTL_TARGET: '', AWS_ENDPOINT_URL: '' }, { kind: 'local' }],
  ])('%j', (flags, env, choice) => {
    expect(describeChoice(flags, { ...env, CACHECTL_HOME: '/nonexistent' }).choice).toEqual(choice)
  })

  test('what is neither is refused by its name', () => {
    expect(() => describeChoice({ target: 'moon' }, {})).toThrow('Unknown target "moon"')
    expect(() => describeChoice({ 'endpoint-url': 'shop:11211' }, {})).toThrow(
      'Bad value for --endpoint-url "shop:11211"',
    )
  })
})

describe('credentials', () => {
  const users = {
    AWS_ACCESS_KEY_ID: 'AKIAUSERUSERUSER',
    AWS_SECRET_ACCESS_KEY: 'the-users-secret',
    AWS_SESSION_TOKEN: 'the-users-token',
    AWS_PROFILE: 'work',
  }

  test.each([
    ['by default', []],
    ['by --target', ['--target', 'local']],
    ['by the URL of the engine', ['--endpoint-url', 'URL']],
  ])('the local engine, reached %s, sees its own and nothing of AWS', async (_, argv) => {
    const recorder = await recordRequests(({ action }) => ({ body: result(action, '<CacheClusters/>') }))
    const stateDir = temporaryDirectory()
    const { accessKeyId } = pretendEngine(stateDir, recorder.url)
    const options = argv.map((word) => (word === 'URL' ? recorder.url : word))
    const { code, stderr } = await cachectl(['describe-cache-clusters', ...options], {
      ...users,
      CACHECTL_HOME: stateDir,
    })
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const [request] = recorder.requests
    expect(request?.headers.authorization).toContain(`Credential=${accessKeyId}/`)
    for (const secret of Object.values(users)) expect(JSON.stringify(request)).not.toContain(secret)
  })

  test('another endpoint gets the ones of AWS', async () => {
    const recorder = await recordRequests(({ action }) => ({ body: result(action, '<CacheClusters/>') }))
    const { AWS_PROFILE: _, ...env } = users
    await cachectl(['describe-cache-clusters', '--endpoint-url', recorder.url, '--region', 'eu-west-1'], env)
    expect(recorder.requests[0]?.headers.authorization).toContain('Credential=AKIAUSERUSERUSER/')
    expect(recorder.requests[0]?.headers.authorization).toContain('/eu-west-1/elasticache/')
  })

  test("the engine's own are not sent to AWS", () => {
    const stateDir = temporaryDirectory()
    const { accessKeyId } = pretendEngine(stateDir, 'http://127.0.0.1:1')
    const env = { CACHECTL_HOME: stateDir, AWS_ACCESS_KEY_ID: accessKeyId }
    expect(() => resolveTarget({ target: 'aws' }, env)).toThrow(
      "The credentials in the environment are the local engine's",
    )
  })
})

test('the region is that of the flag, of the environment, of the engine', () => {
  const CACHECTL_HOME = temporaryDirectory()
  pretendEngine(CACHECTL_HOME, 'http://127.0.0.1:1')
  const regionOf = (flags: Record<string, string>, env: Record<string, string>) =>
    resolveTarget(flags, { CACHECTL_HOME, ...env }).region
  const both = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }
  expect(regionOf({ region: 'eu-west-3' }, both)).toBe('eu-west-3')
  expect(regionOf({}, both)).toBe('eu-west-1')
  expect(regionOf({}, { AWS_DEFAULT_REGION: 'eu-west-2' })).toBe('eu-west-2')
  expect(regionOf({}, {})).toBe('us-west-2')
})

describe('targets with names of their own', () => {
  const clusters = ({ action }: { action: string }) => ({ body: result(action, '<CacheClusters/>') })

  test('are added, used, shown, listed and removed', async () => {
    const CACHECTL_HOME = temporaryDirectory()
    const target = (...words: string[]) => cachectl(['target', ...words], { CACHECTL_HOME })
    const region = ['--region', 'eu-west-1']
    expect(await target('add', 'prod', '--profile', 'work', ...region)).toEqual({
      code: 0,
      stdout: 'prod: AWS, eu-west-1, profile work\n',
      stderr: '',
    })
    expect((await target('add', 'there', '--endpoint-url', 'http://127.0.0.1:9')).code).toBe(0)
    expect((await target('use', 'prod')).stdout).toBe('Commands go to prod: AWS, eu-west-1, profile work\n')
    expect((await target('show')).stdout).toBe('AWS, eu-west-1, profile work (target use prod)\n')
    expect(JSON.parse((await target('list', '--output', 'json')).stdout)).toEqual([
      { name: 'aws', used: false, kind: 'aws' },
      { name: 'local', used: false, kind: 'local' },
      { name: 'prod', used: true, kind: 'aws', region: 'eu-west-1', profile: 'work' },
      { name: 'there', used: false, kind: 'endpoint', url: 'http://127.0.0.1:9' },
    ])
    expect((await target('remove', 'prod', '--yes')).code).toBe(0)
    expect((await target('show')).stdout).toBe('the local engine (nothing says otherwise)\n')
  })

  test.each<[string[], string, number?]>([
    [['use', 'nosuch'], 'There are: aws, local.', 254],
    [['add', 'aws'], 'There is a target aws already.', 254],
    [['add', 'a b'], "invalid value: 'a b'"],
    [['add', 'x', '--endpoint-url', 'shop'], 'Bad value for --endpoint-url "shop"'],
    [['add', 'x', '--engine-dir', '/x', '--profile', 'y'], 'not allowed with argument --engine-dir'],
    [['remove', 'local'], 'local is always there.', 254],
  ])('%j is refused', async (words, message, expected = 252) => {
    const { code, stderr } = await cachectl(['target', ...words], { CACHECTL_HOME: temporaryDirectory() })
    expect(code).toBe(expected)
    expect(stderr).toContain(message)
  })

  test("are where calls go, after --target and the environment's; the name of an engine's URL gets the engine's keys", async () => {
    const CACHECTL_HOME = temporaryDirectory()
    const elsewhere = await recordRequests(clusters)
    const engine = await recordRequests(clusters)
    const { accessKeyId } = pretendEngine(CACHECTL_HOME, engine.url)
    const env = {
      ...{ AWS_ACCESS_KEY_ID: 'AKIAUSER', AWS_SECRET_ACCESS_KEY: 's', AWS_REGION: 'us-west-2' },
      CACHECTL_HOME,
    }
    await cachectl(['target', 'add', 'there', '--endpoint-url', elsewhere.url, '--region', 'eu-west-3'], env)
    await cachectl(['target', 'add', 'same', '--endpoint-url', engine.url], env)
    await cachectl(['target', 'use', 'there'], env)
    const calls = [[], ['--target', 'local'], ['--target', 'same']]
    for (const options of calls)
      expect(await cachectl(['describe-cache-clusters', ...options], env)).toMatchObject({ code: 0 })
    await cachectl(['describe-cache-clusters'], { ...env, AWS_ENDPOINT_URL: engine.url })
    expect(elsewhere.requests.map(({ headers }) => headers.authorization)).toEqual([
      expect.stringMatching(/Credential=AKIAUSER\/\d+\/eu-west-3\/elasticache/),
    ])
    expect(engine.requests).toHaveLength(3)
    for (const { headers } of engine.requests) expect(headers.authorization).toContain(`Credential=${accessKeyId}/`)
  })
})

describe('whose keys sign, and how often a call is made, is as aws-cli has it', () => {
  async function signedBy(env: NodeJS.ProcessEnv, ...argv: string[]) {
    const recorder = await recordRequests(({ action }) => ({ body: result(action, '<CacheClusters/>') }))
    const HOME = temporaryDirectory()
    const profile = (name: string) =>
      `[${name}]\naws_access_key_id = AKIA${name.toUpperCase()}\naws_secret_access_key = s\n`
    mkdirSync(join(HOME, '.aws'))
    writeFileSync(join(HOME, '.aws', 'credentials'), profile('default') + profile('work'))
    writeFileSync(join(HOME, '.aws', 'config'), '[default]\nregion = eu-west-1\n[profile work]\nregion = us-east-2\n')
    const more = { HOME, CACHECTL_HOME: HOME, AWS_ENDPOINT_URL: recorder.url }
    const outcome = await cachectl(['describe-cache-clusters', ...argv], { ...more, ...env })
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    return recorder.requests[0]?.headers.authorization?.match(/Credential=(\w+)\/\d+\/([\w-]+)/)?.slice(1)
  }

  const keys = { AWS_ACCESS_KEY_ID: 'AKIAENVIRONMENT', AWS_SECRET_ACCESS_KEY: 's' }

  test.each<[NodeJS.ProcessEnv, string[], string[]]>([
    [{}, [], ['AKIADEFAULT', 'eu-west-1']],
    [{ AWS_PROFILE: 'work' }, [], ['AKIAWORK', 'us-east-2']],
    [{ ...keys, AWS_PROFILE: 'work' }, [], ['AKIAENVIRONMENT', 'us-east-2']],
    [keys, ['--profile', 'work'], ['AKIAWORK', 'us-east-2']],
    [keys, ['--region', 'ap-south-1'], ['AKIAENVIRONMENT', 'ap-south-1']],
  ])('%j %j', async (env, argv, signer) => expect(await signedBy(env, ...argv)).toEqual(signer))

  test('a call that fails for a while is made AWS_MAX_ATTEMPTS times', async () => {
    const recorder = await recordRequests(() => ({ status: 503, body: errorBody('ServiceUnavailable', 'later') }))
    const env = { ...keys, AWS_REGION: 'us-west-2', AWS_ENDPOINT_URL: recorder.url, AWS_MAX_ATTEMPTS: '2' }
    const { code, stderr } = await cachectl(['describe-cache-clusters'], {
      ...env,
      CACHECTL_HOME: temporaryDirectory(),
    })
    expect(code).toBe(254)
    expect(stderr).toContain('the DescribeCacheClusters operation (reached max retries: 1): later')
    expect(recorder.requests).toHaveLength(2)
  })

  test('endpoints of the environment can be ignored', () => {
    const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:2', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }
    expect(describeChoice({}, { ...env, CACHECTL_HOME: '/nonexistent' }).choice).toEqual({ kind: 'local' })
  })
})
