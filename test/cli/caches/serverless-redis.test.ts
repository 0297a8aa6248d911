import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SERVERS } from '../../support/redis-node.ts'
import { temporaryHome } from '../support/cli.ts'

const hasValkey = SERVERS.some(({ name, isMissing }) => name === 'valkey-server' && !isMissing)

describe.skipIf(!hasValkey)('a serverless cache of Valkey (skipped without valkey-server)', () => {
  const home = temporaryHome(afterAll)
  const json = async (...words: string[]) => JSON.parse(await home.answer(...words, '--output', 'json'))

  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0')
    await home.answer('create-serverless-cache', '--serverless-cache-name', 'shop', '--engine', 'valkey', '--wait')
  }, 60_000)

  test('has the data commands go to its endpoint, with TLS', async () => {
    await home.answer('kv', 'set', 'shop', 'greeting', 'hi')
    expect(await home.answer('kv', 'get', 'shop', 'greeting')).toBe('hi')
    expect(await home.answer('kv', 'show', 'shop', 'greeting')).toContain('string, 2 bytes')
  })

  test('has both of its endpoints told', async () => {
    const { nodes } = await json('endpoints', 'shop')
    expect(nodes.map(({ id }: { id: string }) => id)).toEqual(['endpoint', 'reader'])
    expect(nodes[1].port).toBe(nodes[0].port + 1)
    const ca = `'${join(home.stateDir, 'ca.pem')}'`
    expect(await home.answer('endpoints', 'shop', '--output', 'env')).toContain(
      `export SHOP_TLS='true'\nexport SHOP_CA=${ca}\n`,
    )
  })

  test('is asked in its own protocol after a handshake', async () => {
    const { views } = await json('tls', 'shop')
    expect(views.map(({ reply }: { reply: string }) => reply)).toEqual(['+PONG', '+PONG'])
  })

  test('is backed up', async () => {
    await home.answer('backup', 'create', 'shop', '--wait')
    expect(await home.answer('backup', 'list', 'shop')).toContain('shop')
  })
})
