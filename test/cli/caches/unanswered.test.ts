import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineFiles } from '../../../src/api/local-engine.ts'
import { cachectl, temporaryHome } from '../support/cli.ts'

/** The engine behind an API that never answers one operation. */
async function silentAbout(operation: string, engineUrl: string): Promise<string> {
  const server = createServer((asked, response) => {
    const pieces: Buffer[] = []
    asked.on('data', (piece: Buffer) => pieces.push(piece))
    asked.on('end', () => {
      const body = Buffer.concat(pieces)
      if (new URLSearchParams(body.toString()).get('Action') === operation) return
      const { method, headers } = asked
      const onward = request(new URL(asked.url ?? '/', engineUrl), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      onward.end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('one of several questions gets no answer', () => {
  const home = temporaryHome(afterAll)
  /** A state directory that says of the same engine that it is behind the API that is silent. */
  const behind = join(home.stateDir, 'behind')
  const throttled = (...words: string[]) => home.cachectl(...words)
  const silent = (...words: string[]) => cachectl([...words, '--cli-read-timeout', '1'], { CACHECTL_HOME: behind })

  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0')
    await home.answer('create-serverless-cache', '--serverless-cache-name', 'cart', '--engine', 'memcached', '--wait')
    const node = ['--engine', 'memcached', '--cache-node-type', 'cache.t4g.small', '--num-cache-nodes', '1']
    await home.answer('create-cache-cluster', '--cache-cluster-id', 'shop', ...node, '--wait')
    const [own, other] = [engineFiles(home.stateDir), engineFiles(behind)]
    mkdirSync(behind, { mode: 0o700 })
    const info = JSON.parse(readFileSync(own.info, 'utf8'))
    const url = await silentAbout('DescribeServerlessCaches', info.url)
    writeFileSync(other.info, JSON.stringify({ ...info, url }))
    copyFileSync(own.credentials, other.credentials)
    await home.answer('engine', 'fault', 'inject', 'api-throttling', '--operation', 'DescribeServerlessCaches')
  })

  const commands = [
    [['endpoints', 'cart']],
    [['probe', 'cart']],
    [['kv', 'get', 'cart', 'greeting']],
    [['top', 'cart', '--count', '1']],
    [['doctor', 'cart']],
    [['discover', 'cart']],
    [['scale', 'cart', '--nodes', '2']],
  ]

  test.each(commands)('%j: it is throttled', async (words) => {
    const { code, stdout, stderr } = await throttled(...words)
    expect({ code, stdout }).toEqual({ code: words[0] === 'doctor' ? 2 : 254, stdout: '' })
    expect(stderr).toContain('(Throttling) when calling the DescribeServerlessCaches operation: Rate exceeded')
    expect(stderr).toContain('whether there is a serverless cache of that name is not known')
  })

  test.each(commands)('%j: it takes too long', async (words) => {
    const { code, stdout, stderr } = await silent(...words)
    expect({ code, stdout }).toEqual({ code: words[0] === 'doctor' ? 2 : 255, stdout: '' })
    expect(stderr).toContain('Read timeout on endpoint URL')
    expect(stderr).toContain('DescribeServerlessCaches was not answered. There is no cluster cart; whether')
  })

  describe.each([
    ['throttled', throttled],
    ['silent', silent],
  ])('%s, what is asked for all tells what it knows, and of what it knows nothing', (_, ask) => {
    test.each([
      [['list'], 'shop'],
      [['doctor'], 'Healthy'],
      [['probe', '--all', '-c', '1'], 'Successful connections: 1'],
      [['endpoints', 'shop'], 'shop: ipv4'],
      [['quotas'], 'nodes in the region'],
    ])('%j', async (words, shown) => {
      const { code, stdout, stderr } = await ask(...words)
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(shown) })
      expect(stderr.includes('DescribeServerlessCaches was not answered')).toBe(words[0] !== 'endpoints')
      expect(stderr).not.toMatch(/smithy|requestTimeout|socket hang up/)
    })
  })
})
