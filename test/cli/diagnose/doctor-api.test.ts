import { createServer, type Server } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { stage } from '../../scenarios/actors.ts'
import { authority } from '../../scenarios/certificates.ts'
import { memcached, temporaryDirectory } from '../../support/engine.ts'
import { start } from '../../support/engine-process.ts'
import { eventually } from '../../support/eventually.ts'
import { cachectl } from './run.ts'

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'us-west-2' }

interface Told {
  readonly id: string
  readonly sentence: string
  readonly hint: string
  readonly subject: string
  readonly explains?: readonly { readonly kind: string }[]
}

async function diagnose(words: readonly string[], env: Record<string, string>) {
  const { code, stdout, stderr } = await cachectl(['doctor', ...words, '--output', 'json'], { env })
  const answer: { cause: Told | null; findings: Told[] } = JSON.parse(stdout || '{"cause":null,"findings":[]}')
  return { code, stderr, ...answer }
}

/** Says these bytes to each client once it has said something, and nothing ever after. */
async function apiThatSays(bytes: string): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => bytes !== '' && socket.write(bytes))
    onTestFinished(() => void socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

describe('an API that does not answer is the cause, and the rest goes on', () => {
  test.each([
    ['silent', ''],
    ['unfinished', 'HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 900\r\n\r\n<Describe'],
  ])('%s', async (_, bytes) => {
    const url = await apiThatSays(bytes)
    const given = url.replace('http://', '')
    const { code, cause, findings } = await diagnose(['shop', given, '--endpoint-url', url], {
      ...KEYS,
      CACHECTL_HOME: temporaryDirectory(),
    })
    expect([code, cause?.id]).toEqual([1, 'E01'])
    expect(findings.map(({ subject }) => subject)).toContain(given)
  })

  test.runIf(process.platform === 'linux')(
    'packets that are dropped: the verdict is given, and the command ends with it',
    async () => {
      const ports = await stage({ a: { is: 'drops' } }, await authority(), (work) => onTestFinished(work))
      const url = `http://127.0.0.1:${ports.get('a')}`
      const { code, cause } = await diagnose(['--endpoint-url', url], { ...KEYS, CACHECTL_HOME: temporaryDirectory() })
      expect([code, cause?.id, cause?.subject]).toEqual([2, 'E01', url])
    },
    // Before the SDK's own timer would let it go.
    40_000,
  )

  test('with nothing else to look at, exit code 2 and the cause all the same', async () => {
    const url = await apiThatSays('')
    const { code, cause } = await diagnose(['--endpoint-url', url], { ...KEYS, CACHECTL_HOME: temporaryDirectory() })
    expect([code, cause?.id, cause?.subject]).toEqual([2, 'E01', url])
  })
})

test('a signature that is refused where the clocks are an hour apart is a matter of the clock', async () => {
  const body =
    '<ErrorResponse xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>Signature expired</Message></Error><RequestId>1</RequestId></ErrorResponse>'
  const date = new Date(Date.now() + 3_600_000).toUTCString()
  const url = await apiThatSays(
    `HTTP/1.1 403 Forbidden\r\nDate: ${date}\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  const { code, cause } = await diagnose(['shop', '--endpoint-url', url], {
    ...KEYS,
    CACHECTL_HOME: temporaryDirectory(),
  })
  expect([code, cause?.id]).toEqual([2, 'E06'])
  expect(cause?.sentence).toMatch(/^The clock of this host is 1 hour behind .*signatures are refused/)
})

test.each([
  ['503 Service Unavailable', 503],
  ['403 Forbidden', 403],
  ['200 OK', 200],
])('a page with status %s in place of an answer is told as none of the API', async (line, status) => {
  const page = '<html><body><h1>No way</h1></body></html>'
  const url = await apiThatSays(
    `HTTP/1.1 ${line}\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: ${page.length}\r\n\r\n${page}`,
  )
  const { code, cause } = await diagnose(['shop', '--endpoint-url', url], {
    ...KEYS,
    CACHECTL_HOME: temporaryDirectory(),
  })
  expect([code, cause?.id, cause?.subject]).toEqual([2, 'E07', url])
  expect(cause?.sentence).toContain(`HTTP status ${status}`)
})

describe('an engine of this host', () => {
  test('that is stopped by a signal is the cause, with the command that lets it go on', async () => {
    const engine = await start(temporaryDirectory())
    const { pid } = engine.info
    await engine.client.createCacheCluster(memcached('shop'))
    process.kill(pid, 'SIGSTOP')
    try {
      const { code, cause } = await diagnose(['shop'], { CACHECTL_HOME: engine.stateDir })
      expect([code, cause?.id, cause?.hint]).toEqual([2, 'E03', `Let it go on: kill -CONT ${pid}`])
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  })

  test('that is stopped: its cluster is looked at as it told of it before', async () => {
    const engine = await start(temporaryDirectory())
    await engine.client.createCacheCluster(memcached('shop'))
    const env = { CACHECTL_HOME: engine.stateDir }
    await eventually('the cluster is well', async () => (await diagnose(['shop'], env)).code === 0)
    process.kill(engine.info.pid, 'SIGSTOP')
    try {
      const { code, cause, findings } = await diagnose(['shop'], env)
      expect([code, cause?.id, findings.length]).toEqual([1, 'E03', 1])
      expect(cause?.explains?.map(({ kind }) => kind)).toContain('silent')
    } finally {
      process.kill(engine.info.pid, 'SIGCONT')
    }
  })

  test('that was killed is the cause', async () => {
    const engine = await start(temporaryDirectory())
    await engine.kill()
    const { code, cause } = await diagnose(['shop'], { CACHECTL_HOME: engine.stateDir })
    expect([code, cause?.id]).toEqual([2, 'E04'])
    expect(cause?.sentence).toContain(`pid ${engine.info.pid}`)
  })

  test('has clusters whose ids are misspelt: the right one is named', async () => {
    const engine = await start(temporaryDirectory())
    await engine.client.createCacheCluster(memcached('shop-1'))
    await eventually('the cluster is available', async () => {
      const { CacheClusters } = await engine.client.describeCacheClusters({ CacheClusterId: 'shop-1' })
      return CacheClusters?.[0]?.CacheClusterStatus === 'available'
    })
    for (const word of ['Shop_1', 'shop-001', 'SHOP-1.cfg']) {
      const { cause } = await diagnose([word], { CACHECTL_HOME: engine.stateDir })
      expect([word, cause?.id, cause?.hint]).toEqual([word, 'C00', 'cachectl doctor shop-1'])
    }
  })
})
