import { describe, expect, test } from 'vitest'
import { identifyEndpoint } from '../../src/diagnose/endpoint-kind.ts'
import { type AskOptions, askNode } from '../../src/discovery/ask.ts'
import { configReply, discoveryPayload } from '../../src/discovery/encode.ts'
import { hasOpenssl, issueCertificate } from '../discovery/certificates.ts'
import { type Script, scriptedServer } from '../discovery/scripted-server.ts'
import { closedPort } from './loopback.ts'

const list = configReply(
  'cluster',
  0,
  discoveryPayload(1, [{ host: 'localhost', ip: '127.0.0.1', port: 1 }]),
).toString()

/** Asks for the list, and then who it was that gave none. */
async function identity(options: AskOptions) {
  const answer = await askNode({ timeoutMs: 300, ...options })
  if (answer.ok) throw new Error('a list was given')
  return identifyEndpoint(answer, options)
}

describe('who gave no list', () => {
  const memcached: Script = (line) =>
    line === 'version' ? 'VERSION 1.6.22\r\n' : line.startsWith('get') ? 'END\r\n' : 'ERROR\r\n'
  const emptied: Script = (line) => (line === 'version' ? 'VERSION 1.6.22\r\n' : 'END\r\n')
  const mute: Script = (line) => (line === 'version' ? 'VERSION 1.6.22\r\n' : undefined)
  const twemproxy: Script = (line) => (line === 'version' ? 'VERSION 0.5\r\n' : null)
  test.each<[string, Script, string, string]>([
    ['Redis', () => "-ERR unknown command 'x'\r\n", 'redis', 'Redis or Valkey'],
    ['a web server', () => 'HTTP/1.1 400 Bad Request\r\n\r\n', 'http', 'a web server (HTTP/1.1 400 Bad Request)'],
    ['Memcached', memcached, 'memcached', 'Memcached 1.6.22 without Auto Discovery'],
    ['a node that lost its list', emptied, 'no-list', 'Memcached 1.6.22 that knows Auto Discovery and holds no list'],
    [
      'a node that is silent then',
      mute,
      'list-unanswered',
      'Memcached 1.6.22, and never answers when it is asked for a list',
    ],
    ['twemproxy', twemproxy, 'memcached-proxy', 'Memcached 0.5, by a proxy that ends connections that ask for a list'],
    ['a door that shuts', () => null, 'closes', 'something that accepts connections and closes them at once'],
    ['an SSH server', () => 'SSH-2.0-OpenSSH_9.2\r\n', 'unknown', 'something that says SSH-2.0-OpenSSH_9.2'],
  ])('%s', async (_, script, kind, sentence) => {
    const { host, port } = await scriptedServer(script)
    expect(await identity({ host, port })).toMatchObject({ where: `127.0.0.1:${port}`, kind, tls: false, sentence })
  })

  test.skipIf(!hasOpenssl)('the wrong way of asking is told apart from the wrong place, both ways', async () => {
    const tls = issueCertificate('DNS:localhost')
    const secured = await scriptedServer(() => list, { tls })
    expect(await identity(secured)).toMatchObject({ kind: 'elasticache', tls: true, hint: 'Ask it over TLS: --tls' })
    const plain = await scriptedServer((line) => (line.startsWith('config') ? list : 'ERROR\r\n'))
    expect(await identity({ ...plain, tls: { verify: false } })).toMatchObject({ kind: 'elasticache', tls: false })
    const redis = await scriptedServer(() => '-ERR unknown command\r\n', { tls })
    expect(await identity(redis)).toMatchObject({ kind: 'redis', tls: true })
  })

  test('a port that refuses and a list that is empty or stops half-way are no riddle', async () => {
    expect(await identity({ host: '127.0.0.1', port: await closedPort() })).toBeUndefined()
    const empty = await scriptedServer(() => configReply('cluster', 0, discoveryPayload(1, [])).toString())
    expect(await identity(empty)).toBeUndefined()
    const half = await scriptedServer(() => list.slice(0, 30))
    expect(await identity(half)).toBeUndefined()
  })
})
