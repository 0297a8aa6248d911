/** What clients that prove nothing can make the engine do: next to nothing, however much they send. */
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Fault } from '../../src/api/faults.ts'
import { connectionLimits } from '../../src/engine/http/connections.ts'
import { decodeInput, readParameters } from '../../src/engine/http/query-protocol.ts'
import { type HttpAnswer, LoopbackServer, type Patience, type Responder } from '../../src/engine/http/server.ts'
import { Signatures } from '../../src/engine/http/signature.ts'
import { systemClock } from '../../src/engine/time/clock.ts'
import { startTestEngine, type TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'

/** A connection that collects what it is answered. */
class Client {
  readonly socket: Socket
  answer = ''
  isClosed = false

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port })
    this.socket.on('data', (chunk) => {
      this.answer += chunk.toString('latin1')
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.isClosed = true
    })
    onTestFinished(() => void this.socket.destroy())
  }

  send(bytes: string): this {
    this.socket.write(bytes, 'latin1')
    return this
  }

  /** Waits until it has been answered so. */
  async until(wanted: string): Promise<this> {
    await eventually(`an answer with ${wanted}`, () => this.answer.includes(wanted))
    return this
  }

  async closed(): Promise<this> {
    await eventually('the connection is closed', () => this.isClosed)
    return this
  }

  get answers(): number {
    return this.answer.split('HTTP/1.1 ').length - 1
  }
}

const UNSIGNED = 'POST / HTTP/1.1\r\nHost: localhost\r\n'
/** A request as somebody makes it who knows the access key and not the secret. */
function wronglySigned({ credentials }: TestEngine): string {
  const date = `${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`
  const scope = `${date.slice(0, 8)}/us-west-2/elasticache/aws4_request`
  return `${UNSIGNED}X-Amz-Date: ${date}\r\nAuthorization: AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=host, Signature=${'0'.repeat(64)}\r\n`
}

describe('a request that nobody signed', () => {
  test('is refused by its head: the body it announces is never waited for', async () => {
    const { info } = await startTestEngine()
    const client = new Client(info.port).send(`${UNSIGNED}Content-Length: 980000\r\n\r\n`)
    await client.until('MissingAuthenticationToken')
  })

  test('is not asked for its body', async () => {
    const { info } = await startTestEngine()
    const client = new Client(info.port).send(`${UNSIGNED}Content-Length: 9\r\nExpect: 100-continue\r\n\r\n`)
    await client.closed()
    expect(client.answer).toMatch(/^HTTP\/1\.1 403 /)
  })

  test.each([
    [
      'with an unknown key',
      'AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-west-2/elasticache/aws4_request, SignedHeaders=host, Signature=00',
      'InvalidClientTokenId',
    ],
    ['with another scheme', 'Basic eDp5', 'IncompleteSignature'],
  ])('%s is refused by its head as well', async (_, authorization, code) => {
    const { info } = await startTestEngine()
    const head = `${UNSIGNED}X-Amz-Date: 20260101T000000Z\r\nAuthorization: ${authorization}\r\nContent-Length: 980000\r\n\r\n`
    await new Client(info.port).send(head).until(code)
  })

  test.each(['/_cachectl/faults', '/metrics', '/service/GraniteServiceVersion20100801/operation/GetMetricData'])(
    'to %s is refused by its head',
    async (path) => {
      const { info } = await startTestEngine()
      const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 980000\r\n\r\n`
      expect((await new Client(info.port).send(head).until('\r\n\r\n')).answer).toMatch(/^HTTP\/1\.1 4/)
    },
  )

  test('has its answer though it sends all of its body first', async () => {
    const { info } = await startTestEngine()
    const client = new Client(info.port).send(`${UNSIGNED}Content-Length: 8000000\r\n\r\n${'a'.repeat(8_000_000)}`)
    await client.closed()
    expect(client.answer).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('may have a thousand parameters in its URL, and no more', async () => {
    const { info } = await startTestEngine()
    const get = (count: number) => `GET /?${'a&'.repeat(count - 1)} HTTP/1.1\r\nHost: localhost\r\n\r\n`
    await new Client(info.port).send(get(1_000)).until('MissingAuthenticationToken')
    await new Client(info.port).send(get(1_001)).until('HTTP/1.1 414 ')
  })
})

describe('a request that is longer than any', () => {
  test('is refused before it is read', async () => {
    const { info } = await startTestEngine()
    await new Client(info.port).send(`${UNSIGNED}Content-Length: 1048577\r\n\r\n`).until('HTTP/1.1 413 ')
  })

  test('is refused when it did not say how long it is', async () => {
    const engine = await startTestEngine()
    const client = new Client(engine.info.port).send(`${wronglySigned(engine)}Transfer-Encoding: chunked\r\n\r\n`)
    for (let sent = 0; sent < 80; sent++) client.send(`4000\r\n${'a'.repeat(0x4000)}\r\n`)
    await client.until('HTTP/1.1 413 ')
  })
})

test('a body in tens of thousands of chunks is refused', async () => {
  const engine = await startTestEngine()
  const client = new Client(engine.info.port).send(`${wronglySigned(engine)}Transfer-Encoding: chunked\r\n\r\n`)
  await client.send('1\r\na\r\n'.repeat(50_000)).until('HTTP/1.1 413 ')
})

test('a body in chunks of one byte arrives whole', async () => {
  const bodies: Buffer[] = []
  const server = await startServer(() => ({ body }) => {
    bodies.push(Buffer.from(body))
    return { status: 200, contentType: 'text/plain', body: 'read' }
  })
  const text = 'Action=DescribeEvents'.repeat(50)
  const chunks = [...text].map((character) => `1\r\n${character}\r\n`).join('')
  await new Client(server.port).send(`${UNSIGNED}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`).until('read')
  expect(bodies.map(String)).toEqual([text])
})

test('a body with a wrong signature is never read as parameters', () => {
  const credentials = { accessKeyId: 'AKIALOCALTEST0000000' }
  const now = Date.now()
  const signatures = new Signatures(new Map([[credentials.accessKeyId, 'secret']]), () => now)
  const date = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
  const body = Object.assign(Buffer.from('a=b'), { toString: () => expect.fail('the body was read') })
  const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${date.slice(0, 8)}/us-west-2/elasticache/aws4_request, SignedHeaders=host, Signature=00`
  const head = {
    method: 'POST',
    path: '/',
    query: '',
    headers: { host: 'localhost', 'x-amz-date': date, authorization },
  }
  expect(() => signatures.verify({ ...head, body })).toThrow(/signature we calculated/)
})

interface Served {
  readonly port: number
  readonly server: LoopbackServer
}

const LIMITS = { all: 20, strangers: 12, strangersOfOne: 8 }
const PATIENT: Patience = { head: 60_000, request: 60_000, look: 60_000, refused: 60_000 }
const ANSWER = { status: 200, contentType: 'text/plain', body: 'known' }
const REFUSAL = { status: 403, contentType: 'text/plain', body: 'stranger' }

async function startServer(respond: Responder, limits = LIMITS, patience = PATIENT): Promise<Served> {
  const server = new LoopbackServer({
    limits,
    patience,
    isPromising: (text) => text.includes('/known'),
    later: (milliseconds, act) => systemClock.at(systemClock.now() + milliseconds, act),
  })
  onTestFinished(() => server.close())
  await server.listen(['127.0.0.1'], 0, respond)
  return { server, port: server.port }
}

/** Lets in who asks for /known, at once; refuses others. */
const byPath: Responder = (head) => {
  if (head.path !== '/known') return REFUSAL
  return () => {
    head.recognize()
    return ANSWER
  }
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`

describe('of the requests a stranger sends at once', () => {
  test('the first that is refused is the last that is looked at', async () => {
    let asked = 0
    const { port } = await startServer((head) => {
      asked++
      return byPath(head)
    })
    const client = await new Client(port).send(get('/').repeat(40_000)).closed()
    expect(client.answers).toBe(1)
    expect(asked).toBe(1)
  })

  test('few are looked at while the first is being answered', async () => {
    const asked: string[] = []
    const waiting: ((answer: HttpAnswer) => void)[] = []
    const { port } = await startServer((head) => {
      asked.push(head.path)
      if (head.path !== '/slow') return REFUSAL
      return () => new Promise((resolve) => waiting.push(resolve))
    })
    const slow = new Client(port).send(get('/slow').repeat(1_000))
    await eventually('the server has the first', () => waiting.length > 0)
    await new Client(port).send(get('/other')).until('stranger')
    for (const resolve of waiting) resolve(REFUSAL)
    await slow.closed()
    // As many as there are in the first sip.
    expect(asked.filter((path) => path === '/slow').length).toBeLessThan(256 / get('/slow').length)
    expect(slow.answers).toBe(1)
  })

  test('all are answered when the first has shown who it is', async () => {
    const { port } = await startServer(byPath)
    const client = new Client(port).send(get('/known').repeat(500))
    await eventually('500 answers', () => client.answers === 500)
  })

  test.each([1, 255, 256, 257, 4_095, 4_096, 4_097, 200_000])('a body of %d bytes is read whole', async (length) => {
    const { port } = await startServer((head) => ({ body }) => {
      head.recognize()
      return { ...ANSWER, body: `read ${body.length}.` }
    })
    const post = `${UNSIGNED}Content-Length: ${length}\r\n\r\n${'a'.repeat(length)}`
    const client = new Client(port).send(post)
    await client.until(`read ${length}.`)
    // The connection goes on, read at full speed.
    client.send(post)
    await eventually('a second answer', () => client.answers === 2)
  })
})

describe('of connections there are so many at most', () => {
  const openOf = (clients: readonly Client[]) => clients.filter(({ isClosed }) => !isClosed).length

  test('strangers of one address give way to each other, the oldest first', async () => {
    const { port } = await startServer(byPath)
    const clients = Array.from({ length: 30 }, () => new Client(port).send('G'))
    await eventually('eight are left', () => openOf(clients) === LIMITS.strangersOfOne)
    expect(await new Client(port).send(get('/known')).until('known')).toMatchObject({ isClosed: false })
  })

  test('known clients keep theirs, however many strangers come', async () => {
    const { port } = await startServer(byPath)
    const known = await Promise.all(
      Array.from({ length: 6 }, () => new Client(port).send(get('/known')).until('known')),
    )
    const strangers = Array.from({ length: 100 }, () => new Client(port).send('G'))
    await eventually('eight strangers are left', () => openOf(strangers) === LIMITS.strangersOfOne)
    for (const client of known) client.send(get('/known'))
    await eventually('all are answered again', () => known.every(({ answers }) => answers === 2))
  })

  test('where all are known, the one that has been quiet longest gives way', async () => {
    const { port } = await startServer(byPath)
    const known: Client[] = []
    for (let made = 0; made <= LIMITS.all; made++) {
      known.push(await new Client(port).send(get('/known')).until('known'))
    }
    await known[0]?.closed()
    expect(openOf(known)).toBe(LIMITS.all)
  })

  test('where all are being answered, the newcomer is turned away', async () => {
    let waiting = 0
    const { port } = await startServer((head) => {
      head.recognize()
      waiting++
      return () => new Promise(() => {})
    })
    for (let made = 1; made <= LIMITS.all; made++) {
      new Client(port).send(get('/known'))
      await eventually('the server has it', () => waiting === made)
    }
    await new Client(port).send('G').closed()
  })

  test('by the limit of open files, of which the most are for nodes', () => {
    expect(connectionLimits(undefined)).toEqual({ all: 4_096, strangers: 3_584, strangersOfOne: 3_072 })
    expect(connectionLimits(1_024)).toEqual({ all: 512, strangers: 448, strangersOfOne: 384 })
    expect(connectionLimits(16_384).all).toBe(2_048)
  })
})

describe('who is slow', () => {
  const impatient: Patience = { head: 50, request: 100, look: 20, refused: 50 }

  test.each([
    ['sends nothing', ''],
    ['never ends its head', 'GET / HTTP/1.1\r\nHost: localhost\r\n'],
    [
      'never ends the body that is waited for',
      'POST /known HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\na',
    ],
    ['never ends the body of a refused request', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\na'],
  ])('is cut off: who %s', async (_, bytes) => {
    const { port } = await startServer(byPath, LIMITS, impatient)
    await new Client(port).send(bytes).closed()
  })

  test('is cut off though more and more of the body of a refused request arrives', async () => {
    const { port } = await startServer(byPath, LIMITS, { ...PATIENT, refused: 50 })
    const client = new Client(port).send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n')
    await eventually('the connection is closed', () => {
      client.send('a')
      return client.isClosed
    })
  })

  test('and known is not, while it asks for nothing', async () => {
    const { port } = await startServer(byPath, LIMITS, impatient)
    const client = await new Client(port).send(get('/known')).until('known')
    await new Client(port).closed()
    client.send(get('/known'))
    await eventually('a second answer', () => client.answers === 2)
  })
})

describe('a signed call is answered', () => {
  const attacks: readonly [string, (engine: TestEngine) => string][] = [
    ['hang in the middle of a head', () => 'POST / HTTP/1.1\r\nHost: localhost\r\na: '],
    [
      'hang in the middle of a body with a known key',
      (engine) => `${wronglySigned(engine)}Content-Length: 900000\r\n\r\na=`,
    ],
    ['send 150,000 names each', () => `${UNSIGNED}Content-Length: 980000\r\n\r\n${names(980_000)}`],
    [
      'send 150,000 names each with a known key',
      (engine) => `${wronglySigned(engine)}Content-Length: 980000\r\n\r\n${names(980_000)}`,
    ],
    ['send a thousand requests at once', () => get('/').repeat(1_000)],
    ['send a hundred thousand headers', () => `GET / HTTP/1.1\r\nHost: localhost\r\n${'a: b\r\n'.repeat(100_000)}\r\n`],
  ]

  test.each(attacks)('while 50 others %s', async (_, bytesOf) => {
    const engine = await startTestEngine()
    const bytes = bytesOf(engine)
    const attackers = Array.from({ length: 50 }, () => new Client(engine.info.port).send(bytes))
    const { CacheClusters } = await engine.client().describeCacheClusters({})
    expect(CacheClusters).toEqual([])
    expect(attackers.filter(({ answers }) => answers > 1)).toEqual([])
  })
})

function names(length: number): string {
  let text = ''
  for (let at = 0; text.length < length; at++) text += `${at.toString(36)}&`
  return text.slice(0, length)
}

describe('parameters', () => {
  const read = (body: string, query = '') => readParameters({ method: 'POST', query, body: Buffer.from(body) })

  test('are those of the URL and of the body, the last of a name wins', () => {
    const pairs = fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 20 })
    fc.assert(
      fc.property(pairs, pairs, (inUrl, inBody) => {
        const query = new URLSearchParams(inUrl).toString()
        const body = new URLSearchParams(inBody).toString()
        expect(Object.fromEntries(read(body, query))).toEqual(Object.fromEntries([...inUrl, ...inBody]))
      }),
    )
  })

  test('of a body count only in a POST', () => {
    expect(readParameters({ method: 'GET', query: 'a=1', body: Buffer.from('b=2') })).toEqual(new Map([['a', '1']]))
  })

  test('are 20,000 at most', () => {
    expect(read('a&'.repeat(19_998)).size).toBe(1)
    expect(() => read('a&'.repeat(20_000))).toThrow(
      new Fault('InvalidQueryParameter', 'A request has 20000 parameters at most; this one has 20002.'),
    )
  })

  const decode =
    (name: string, value = 'x') =>
    () =>
      decodeInput('CreateCacheCluster', [[name, value]])

  test('have names of so many parts and characters', () => {
    expect(decode(`Tags${'.1'.repeat(1_000_000)}`)).toThrow(/^Unknown parameter Tags/)
    expect(decode('.'.repeat(500))).toThrow(/^Unknown parameter/)
    expect(decode(`Tags.Tag.${'9'.repeat(100)}.Key`)).not.toThrow(/Unknown/)
  })

  test('have lists of a thousand items, at whatever places', () => {
    const items = (count: number) =>
      Array.from({ length: count }, (_, at): [string, string] => [`SecurityGroupIds.member.${at * 999_999}`, 'sg'])
    const decoded = decodeInput('CreateCacheCluster', [['CacheClusterId', 'a'], ...items(1_000)])
    expect(decoded.SecurityGroupIds).toHaveLength(1_000)
    expect(() => decodeInput('CreateCacheCluster', items(1_001))).toThrow(/must not have more than 1000 items/)
  })

  test('have values of so many characters', () => {
    expect(decode('CacheClusterId', 'x'.repeat(4_096))).not.toThrow()
    expect(decode('CacheClusterId', 'x'.repeat(4_097))).toThrow(/^The parameter CacheClusterId must not have more than/)
  })
})
