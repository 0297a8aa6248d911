import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cachectl, temporaryHome } from '../support/cli.ts'
import { hasTerminal, onTerminal } from '../support/terminal.ts'

/** Of the local engine, targets and proxies: what other commands are told of caches holds for their names, too. */
describe('names of what is no cache', () => {
  const home = temporaryHome(afterAll)
  const env = { CACHECTL_HOME: home.stateDir }
  const failure = async (...words: string[]) => {
    const { code, stderr } = await home.cachectl(...words, '--cli-error-format', 'json')
    return { exit: code, ...JSON.parse(stderr) }
  }

  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0')
    await home.answer('engine', 'user', 'create', 'bob')
    const document = join(home.stateDir, 'policy.json')
    const Statement = [{ Effect: 'Allow', Action: 'elasticache:Describe*', Resource: '*' }]
    writeFileSync(document, JSON.stringify({ Version: '2012-10-17', Statement }))
    await home.answer('engine', 'policy', 'put', 'bob', 'read-only', '--document', `file://${document}`)
    await home.answer('target', 'add', 'staging', '--region', 'eu-west-1')
    const node = ['--engine', 'memcached', '--cache-node-type', 'cache.t4g.small', '--num-cache-nodes', '1']
    await home.answer('create-cache-cluster', '--cache-cluster-id', 'shop', ...node, '--wait')
    await home.answer('engine', 'fault', 'inject', 'api-throttling', '--operation', 'DescribeSnapshots')
    await home.answer('engine', 'security-group', 'create', 'web', '--group-id', 'sg-web')
    const subnet = ['--availability-zone', 'us-west-2a', '--subnet-id', 'subnet-own']
    await home.answer('engine', 'subnet', 'create', ...subnet, '--cidr-block', '172.31.200.0/24')
  })

  test.each([
    [['engine', 'user', 'delete', 'bbo', '--yes'], 'Did you mean bob?'],
    [['engine', 'policy', 'get', 'bbo', 'read-only'], 'Did you mean bob?'],
    [['engine', 'policy', 'get', 'bob', 'raed-only'], 'Did you mean read-only?'],
    [['engine', 'policy', 'delete', 'bob', 'raed-only', '--yes'], 'Did you mean read-only?'],
    [['engine', 'policy', 'delete', 'bbo', 'read-only', '--yes'], 'Did you mean bob?'],
    [['engine', 'subnet', 'delete', 'subnet-onw', '--yes'], 'Did you mean subnet-own?'],
    [['engine', 'security-group', 'delete', 'defualt', '--yes'], 'Did you mean default?'],
    [['engine', 'security-group', 'join', 'defualt', '--members', '127.0.0.9'], 'Did you mean default?'],
    [['engine', 'security-group', 'leave', 'default', '--members', '127.0.0.9'], undefined],
    [['engine', 'security-group', 'revoke', 'default', '--source', '10.9.0.0/16'], undefined],
    [['engine', 'fault', 'clear', 'api-throtling-1'], 'Did you mean api-throttling-1?'],
    [['engine', 'fault', 'inject', 'node-crash', '--cluster', 'shop', '--node', '0009'], undefined],
    [['engine', 'env', '--user', 'bbo'], 'Did you mean bob?'],
    [['target', 'use', 'loacl'], 'Did you mean local?'],
    [['target', 'remove', 'stagign', '--yes'], 'Did you mean staging?'],
    [['users', 'defualt'], 'Did you mean default?'],
    [['proxy', 'weight', '1', 'a:1=1'], 'Start one: cachectl proxy --help'],
  ])('%j: there is none, 254', async (words, hint) => {
    const { exit, code, hint: told } = await failure(...words)
    expect({ exit, code, told }).toEqual({ exit: 254, code: 'NotFound', told: hint })
  })

  test.each([
    [['engine', 'user', 'create', 'bob']],
    [['engine', 'security-group', 'create', 'default']],
    [['engine', 'subnet', 'create', '--availability-zone', 'us-west-2a', '--subnet-id', 'subnet-own']],
    [['target', 'add', 'staging']],
  ])('%j: it is there already, 254', async (words) => {
    expect(await failure(...words)).toMatchObject({ exit: 254, code: 'AlreadyExists' })
  })

  test.each([
    [['engine', 'security-group', 'delete', 'default', '--yes']],
    [['engine', 'user', 'delete', 'default', '--yes']],
    [['target', 'remove', 'aws', '--yes']],
  ])('%j: it stays, 254', async (words) => {
    expect(await failure(...words)).toMatchObject({ exit: 254, code: 'Refused' })
  })

  test.each([
    [['engine', 'quota', 'set', 'nodes-per-clutser', '3'], 'Did you mean nodes-per-cluster?'],
    [['engine', 'quota', 'reset', 'nodes-per-clutser'], 'Did you mean nodes-per-cluster?'],
    [['engine', 'fault', 'inject', 'node-crsh'], 'Did you mean node-crash?'],
    [['list', '--target', 'loacl'], 'Did you mean local?'],
  ])('%j: a wrong word of a few, 252', async (words, hint) => {
    expect(await failure(...words)).toMatchObject({ exit: 252, code: 'ParamValidation', hint })
  })

  const nameless: readonly (readonly [words: string[], missing: string, there: string, asked: string])[] = [
    [['engine', 'user', 'delete'], '<name>', 'There is: bob.', 'Which user?'],
    [['engine', 'policy', 'get'], '<user>, <policy>', 'There is: bob.', 'Which user?'],
    [['engine', 'policy', 'get', 'bob'], '<policy>', 'There is: read-only.', 'Which policy?'],
    [['engine', 'subnet', 'delete'], '<subnet>', 'There is: subnet-own.', 'Which subnet?'],
    [['engine', 'security-group', 'delete'], '<group>', 'There are: default, web.', 'Which security group?'],
    [['engine', 'quota', 'set'], '<quota>, <limit>', 'There are: ', 'Which quota?'],
    [['engine', 'fault', 'inject'], '<fault>', 'There are: ', 'Which fault?'],
    [['target', 'use'], '<name>', 'There are: aws, local, staging.', 'Which target?'],
    [['target', 'remove', '--yes'], '<name>', 'There is: staging.', 'Which target?'],
    [['kv', 'get'], '<where>, <key>', 'There is: shop.', 'Which cache?'],
  ]

  test.each(nameless)('%j without a name is told which there are', async (words, missing, there) => {
    expect(await failure(...words)).toMatchObject({
      exit: 252,
      message: `the following arguments are required: ${missing}`,
      hint: expect.stringContaining(there),
    })
  })

  test.each([
    [['engine', 'user', 'delete', 'bob'], ['engine', 'user', 'list'], 'bob'],
    [['engine', 'policy', 'delete', 'bob', 'read-only'], ['engine', 'user', 'list'], 'read-only'],
    [['engine', 'subnet', 'delete', 'subnet-own'], ['engine', 'subnet', 'list'], 'subnet-own'],
    [['engine', 'security-group', 'delete', 'web'], ['engine', 'security-group', 'list'], 'sg-web'],
    [['target', 'remove', 'staging'], ['target', 'list'], 'staging'],
    [['kv', 'flush', 'shop'], ['describe-cache-clusters'], 'shop'],
    [['engine', 'reset'], ['describe-cache-clusters'], 'shop'],
  ])('%j destroys nothing unless it can ask, or is told --yes', async (words, list, stays) => {
    expect(await failure(...words)).toMatchObject({ exit: 252, hint: 'Add --yes if that is what you want.' })
    expect(await home.answer(...list)).toContain(stays)
  })

  describe.skipIf(!hasTerminal)('on a terminal', () => {
    test.each(nameless)('%j offers them', async (words, _missing, _there, asked) => {
      const screen = await onTerminal(words, { env, answers: [[asked, '\x03']] })
      expect(screen).toMatchObject({ code: 130, text: expect.stringContaining(asked) })
    })

    test('one choice leads to the next, and what can not be chosen is typed', async () => {
      const policy = await onTerminal(['engine', 'policy', 'get'], {
        env,
        answers: [
          ['Which user?', '\r'],
          ['Which policy?', '\r'],
        ],
      })
      expect(policy).toMatchObject({ code: 0, text: expect.stringContaining('elasticache:Describe*') })
      const quota = await onTerminal(['engine', 'quota', 'set'], {
        env,
        answers: [
          ['Which quota?', '\r'],
          ['<limit>', '77\r'],
        ],
      })
      expect(quota).toMatchObject({ code: 0, text: expect.stringContaining('77') })
    })
  })

  test.each([[['engine', 'audit']], [['engine', 'notifications']]])('%j without an engine: 253', async (words) => {
    expect(await cachectl([...words, '--state-dir', join(home.stateDir, 'none')])).toMatchObject({
      code: 253,
      stdout: '',
      stderr: expect.stringContaining('No local engine is running'),
    })
  })
})
