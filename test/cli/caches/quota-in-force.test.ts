import { expect, test } from 'vitest'
import { memcached, startTestEngine } from '../../support/engine.ts'
import { cachectl } from '../support/cli.ts'

const create = (nodes: number, ...more: string[]) => [
  ...['create-cache-cluster', '--cache-cluster-id', 'big', '--engine', 'memcached', '--dry-run'],
  ...['--cache-node-type', 'cache.t4g.small', '--num-cache-nodes', String(nodes), ...more],
]

test('--dry-run and doctor go by the quota that the local engine has, not by the default', async () => {
  const engine = await startTestEngine()
  const here = (...words: string[]) => cachectl(words, { CACHECTL_HOME: engine.stateDir })
  expect(await here(...create(61))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--num-cache-nodes: 1 to 60 nodes.\n'),
  })

  await here('engine', 'quota', 'set', 'nodes-per-cluster', '100')
  expect(await here(...create(61))).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^Not sent: .*\nNothing wrong can be seen without sending it\.\n$/),
  })
  expect(await here(...create(101))).toMatchObject({ code: 1, stderr: expect.stringContaining('1 to 100 nodes.') })

  await engine.client().createCacheCluster(memcached('shop', 2))
  await engine.until('shop', 'available')
  const practices = async () => {
    const { practices } = JSON.parse((await here('doctor', 'shop', '--output', 'json')).stdout) as {
      practices: { id: string; sentence: string }[]
    }
    return practices.filter(({ id }) => id === 'B15').map(({ sentence }) => sentence)
  }
  expect(await practices()).toEqual([])
  await here('engine', 'quota', 'set', 'nodes-per-cluster', '2')
  expect(await practices()).toEqual(['shop has 2 of 2 nodes.'])
})

test('against AWS --dry-run refuses no number of nodes that a raised quota may grant, and tells the default', async () => {
  const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }
  const there = (nodes: number) => cachectl(create(nodes, '--target', 'aws', '--region', 'us-west-2'), keys)
  expect(await there(61)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('--num-cache-nodes: The default quota is 60 nodes; yours may be higher.\n'),
  })
  expect((await there(60)).stderr).not.toContain('quota')
  expect((await there(0)).code).toBe(1)
})
