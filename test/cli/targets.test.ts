import { describe, expect, test } from 'vitest'
import { chooseTarget, resolveTarget } from '../../src/cli/targets.ts'
import { temporaryDirectory } from '../support/engine.ts'
import { cachectl } from './support/cli.ts'
import { pretendEngine, recordRequests, result } from './support/recorder.ts'

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
    expect(chooseTarget(flags, env)).toEqual(choice)
  })

  test('what is neither is refused by its name', () => {
    expect(() => chooseTarget({ target: 'moon' }, {})).toThrow('Unknown target "moon"')
    expect(() => chooseTarget({ 'endpoint-url': 'shop:11211' }, {})).toThrow(
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
