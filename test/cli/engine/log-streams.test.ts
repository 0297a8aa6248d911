import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LogType, logStreamPath } from '../../../src/api/local-logs.ts'
import { temporaryHome } from '../support/cli.ts'

describe('engine logs of a cache', () => {
  const home = temporaryHome(afterAll)

  const write = (cluster: string, type: LogType, ...lines: string[]) => {
    const names = { region: 'us-west-2', destination: 'cloudwatch-logs', name: '/shop', engine: 'valkey' } as const
    const path = join(home.stateDir, 'logs', logStreamPath({ ...names, cluster, type }))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
  }

  beforeAll(() => {
    write('shop-001', 'slow-log', 'one', 'two')
    write('shop-001', 'engine-log', 'ready')
    write('shop-002', 'slow-log', 'three')
    write('shoppers-001', 'slow-log', 'other')
  })

  test('are those of a cache cluster, as they were written', async () => {
    expect(await home.answer('engine', 'logs', 'shop-001', '--type', 'slow-log')).toBe('one\ntwo\n')
    expect(await home.answer('engine', 'logs', 'shop-001', '--type', 'slow-log', '-n', '1')).toBe('two\n')
  })

  test('are those of all members of a replication group, each with its path', async () => {
    const text = await home.answer('engine', 'logs', 'shop')
    expect(text).toMatch(/^==> .*shop-001\/0001\/engine-log <==\nready\n/)
    expect(text).toMatch(/shop-001\/0001\/slow-log <==\none\ntwo\n\n==> .*shop-002\/0001\/slow-log <==\nthree\n$/)
    expect(text).not.toContain('other')
  })

  test('that are not there are a failure that says whose are', async () => {
    const { code, stderr } = await home.cachectl('engine', 'logs', 'shep')
    expect(code).not.toBe(0)
    expect(stderr).toContain('There are no log streams of shep.')
    expect(stderr).toContain('There are some of shop-001, shop-002, shoppers-001.')
  })

  test('need a cache to be of', async () => {
    const { stderr } = await home.cachectl('engine', 'logs', '--type', 'slow-log')
    expect(stderr).toContain('--type needs the name of a cache.')
  })
})
