import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cachectl, temporaryHome } from '../support/cli.ts'

describe('a user who may only describe clusters and events', () => {
  const home = temporaryHome(afterAll)
  const asBob = (...words: string[]) => cachectl(words, { CACHECTL_HOME: home.stateDir, CACHECTL_USER: 'bob' })
  const refusalOf = (operation: string) =>
    new RegExp(`user/bob is not authorized to perform: elasticache:${operation} on resource`)

  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0')
    await home.answer('create-serverless-cache', '--serverless-cache-name', 'cart', '--engine', 'memcached', '--wait')
    const node = ['--engine', 'memcached', '--cache-node-type', 'cache.t4g.small', '--num-cache-nodes', '1']
    await home.answer('create-cache-cluster', '--cache-cluster-id', 'shop', ...node, '--wait')
    await home.answer('engine', 'user', 'create', 'bob')
    const document = join(home.stateDir, 'policy.json')
    const Action = ['elasticache:DescribeCacheClusters', 'elasticache:DescribeEvents']
    const Statement = [{ Effect: 'Allow', Action, Resource: '*' }]
    writeFileSync(document, JSON.stringify({ Version: '2012-10-17', Statement }))
    await home.answer('engine', 'policy', 'put', 'bob', 'some', '--document', `file://${document}`)
  })

  test.each([
    [['endpoints', 'cart'], 254],
    [['probe', 'cart'], 254],
    [['kv', 'get', 'cart', 'greeting'], 254],
    [['top', 'cart', '--count', '1'], 254],
    [['discover', 'cart'], 254],
    [['preference', 'cart'], 254],
    [['gai', 'check', 'cart'], 254],
    [['doctor', 'cart'], 2],
  ])('%j is told what was refused, and not that there is no such cache', async (words, code) => {
    const outcome = await asBob(...words)
    expect(outcome).toMatchObject({ code, stderr: expect.stringMatching(refusalOf('DescribeServerlessCaches')) })
    expect(outcome.stderr).toContain('There is no cluster cart; whether there is a serverless cache')
  })

  test.each([
    [['backup', 'create', 'cart'], 'DescribeServerlessCaches'],
    [['backup', 'delete', 'cart-1', '--yes'], 'Describe(ServerlessCache)?Snapshots'],
    [['tag', 'cart'], 'DescribeServerlessCaches'],
  ])('%j does not say that there is none', async (words, operation) => {
    expect(await asBob(...words)).toMatchObject({ code: 254, stderr: expect.stringMatching(refusalOf(operation)) })
  })

  test.each([
    [['endpoints', 'shop']],
    [['probe', 'shop', '-c', '1']],
    [['kv', 'set', 'shop', 'greeting', 'hello']],
    [['top', 'shop', '--count', '1', '--interval', '0.1']],
    [['discover', 'shop']],
  ])('%j works on a cluster without a word of what nobody needs', async (words) => {
    expect(await asBob(...words)).toMatchObject({ code: 0, stderr: '' })
  })

  test.each([['endpoints'], ['probe']])('%s without a name says what there is, and what is not known', async (word) => {
    const { code, stderr } = await asBob(word)
    expect({ code, stderr }).toMatchObject({ code: 252, stderr: expect.stringContaining('There is: shop.\n') })
    expect(stderr).toMatch(refusalOf('DescribeServerlessCaches'))
  })

  test('doctor tells scripts what was not answered', async () => {
    const { stdout } = await asBob('doctor', 'shop', '--output', 'json')
    expect(JSON.parse(stdout).notAsked).toContainEqual({
      operation: 'DescribeCacheParameters',
      code: 'AccessDenied',
      message: expect.stringMatching(refusalOf('DescribeCacheParameters')),
    })
  })

  test('list shows clusters, and says of what it knows nothing', async () => {
    const { code, stdout, stderr } = await asBob('list', '--output', 'ids')
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'shop\n' })
    expect(stderr).toMatch(refusalOf('DescribeServerlessCaches'))
  })

  test.each([[['doctor']], [['doctor', 'shop']]])('%j judges by what it is told, and tells the rest', async (words) => {
    const { code, stdout, stderr } = await asBob(...words)
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('Healthy') })
    expect(stderr).toMatch(refusalOf('DescribeCacheParameters'))
    expect(refusalOf('DescribeServerlessCaches').test(stderr)).toBe(words.length === 1)
  })
})
