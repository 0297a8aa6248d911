import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/engine.ts'
import { cachectl } from './run.ts'

const casesFile = fileURLToPath(new URL('../../scenarios/gai-cases.json', import.meta.url))
const cases = JSON.parse(readFileSync(casesFile, 'utf8')) as { name: string; order: string[] }[]

describe('gai order', () => {
  test('sorts every recorded case as getaddrinfo did, with the rule of each comparison', async () => {
    const { code, stdout } = await cachectl(['gai', 'order', '--input', casesFile, '--output', 'json'])
    const results = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(results.map(({ name, order }: { name: string; order: string[] }) => [name, order])).toEqual(
      cases.map(({ name, order }) => [name, order]),
    )
    expect(results[0].comparisons[0]).toMatchObject({
      a: expect.any(String),
      b: expect.any(String),
      rule: expect.any(Number),
      winner: expect.any(String),
      reason: expect.any(String),
    })
    expect(results[0].ignoredLines).toEqual([])
  })

  test('takes one case from stdin and answers with one result', async () => {
    const [first] = cases
    const { stdout } = await cachectl(['gai', 'order', '--input', '-', '--output', 'json'], {
      input: JSON.stringify(first),
    })
    expect(JSON.parse(stdout)).toMatchObject({ name: first?.name, order: first?.order })
  })

  test('refuses a case without candidates, by its name', async () => {
    const { code, stderr } = await cachectl(['gai', 'order', '--input', '-'], { input: '{"name":"half"}' })
    expect([code, stderr.trim()]).toEqual([255, 'half: a case needs candidates (an array) and sources (an object).'])
  })
})

test('gai lint names the line that does harm, and says so with its exit code', async () => {
  const input = 'precedence ::ffff:172.31.0.0/112 100\n'
  const { code, stdout } = await cachectl(['gai', 'lint', '-'], { input })
  expect(code).toBe(1)
  expect(stdout).toContain('-:1 does harm: precedence ::ffff:172.31.0.0/112 100')
})

test('gai generate --apply changes the file once, keeps the old one, and finds nothing to do the second time', async () => {
  const folder = temporaryDirectory()
  const file = join(folder, 'gai.conf')
  writeFileSync(file, '# empty\n')
  const args = ['gai', 'generate', '--prefer', 'ipv4', '--cidr', '172.31.0.0/16', '--file', file, '--apply']
  const first = await cachectl(args)
  expect(first.code).toBe(0)
  expect(first.stderr).toContain('.bak')
  const changed = readFileSync(file, 'utf8')
  expect(changed).toContain('# empty\n')
  expect(changed).toContain('precedence ::ffff:172.31.0.0/112 100\n')
  expect((await cachectl(args)).stderr).toContain('does this already')
  expect(readFileSync(file, 'utf8')).toBe(changed)
})

test('gai check says which address clients here take, and what getaddrinfo really gave', async () => {
  const { code, stdout } = await cachectl(['gai', 'check', '127.0.0.1', '--output', 'json'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject([{ host: '127.0.0.1', real: ['127.0.0.1'], agree: true }])
})
