import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Signatures, type SignedRequest } from '../../../src/engine/http/signature.ts'

const KEY = 'AKIALOCALTEST0000000'
const SECRET = 'c2VjcmV0'
const NOW = Date.UTC(2026, 10, 21, 9, 0, 0)
const DATE = '20261121T090000Z'

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')

interface Signing {
  date?: string
  region?: string
  service?: string
  secret?: string
  key?: string
  body?: string
  query?: string
  method?: string
}

/** A request signed here by the steps of AWS's documentation, independently of the code under test. */
function signed(options: Signing = {}): SignedRequest {
  const { date = DATE, region = 'us-west-2', service = 'elasticache', secret = SECRET, key = KEY } = options
  const { body = 'Action=DescribeCacheClusters', query = '', method = 'POST' } = options
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`
  const canonical = [
    method,
    '/',
    query,
    'host:localhost:8011',
    `x-amz-date:${date}`,
    '',
    'host;x-amz-date',
    sha256(body),
  ].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')
  const signingKey = scope.split('/').reduce<Buffer | string>((parent, part) => hmac(parent, part), `AWS4${secret}`)
  const signature = hmac(signingKey, toSign).toString('hex')
  return {
    method,
    path: '/',
    query,
    headers: {
      host: 'localhost:8011',
      'x-amz-date': date,
      authorization: `AWS4-HMAC-SHA256 Credential=${key}/${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    },
    body: Buffer.from(body),
  }
}

const signatures = new Signatures(new Map([[KEY, SECRET]]), () => NOW)
const refusal = (request: SignedRequest) => {
  try {
    signatures.verify(request)
  } catch (error) {
    return error
  }
  return undefined
}

test('a rightly signed request names its key and its region', () => {
  expect(signatures.verify(signed({ region: 'eu-west-1' }))).toEqual({ accessKeyId: KEY, region: 'eu-west-1' })
})

test('parameters in the query string are signed in their order after encoding', () => {
  expect(
    signatures.verify(signed({ method: 'GET', body: '', query: 'Action=DescribeEvents&MaxRecords=40' })),
  ).toBeDefined()
})

describe('what is not rightly signed is refused in AWS words', () => {
  test.each<[string, SignedRequest, string, RegExp]>([
    [
      'no signature',
      { ...signed(), headers: { host: 'localhost' } },
      'MissingAuthenticationToken',
      /^Request is missing Authentication Token$/,
    ],
    [
      'an unknown key',
      signed({ key: 'AKIAOTHER' }),
      'InvalidClientTokenId',
      /^The security token included in the request is invalid\.$/,
    ],
    [
      'a wrong secret',
      signed({ secret: 'x' }),
      'SignatureDoesNotMatch',
      /^The request signature we calculated does not match/,
    ],
    [
      'another body than the signed one',
      { ...signed(), body: Buffer.from('Action=DeleteCacheCluster') },
      'SignatureDoesNotMatch',
      /^The request signature/,
    ],
    [
      'another host than the signed one',
      { ...signed(), headers: { ...signed().headers, host: 'evil.example' } },
      'SignatureDoesNotMatch',
      /^The request signature/,
    ],
    ...['x', '0', '\u0130', '%00'].map((more): [string, SignedRequest, string, RegExp] => [
      `something behind the signature (${more})`,
      { ...signed(), headers: { ...signed().headers, authorization: `${signed().headers.authorization}${more}` } },
      'SignatureDoesNotMatch',
      /^The request signature/,
    ]),
    ['another service', signed({ service: 'monitoring' }), 'SignatureDoesNotMatch', /correct service: 'elasticache'/],
    ['a region that is none', signed({ region: 'moon-1' }), 'SignatureDoesNotMatch', /valid region/],
    [
      'a signature 16 minutes old',
      signed({ date: '20261121T084400Z' }),
      'SignatureDoesNotMatch',
      /^Signature expired: 20261121T084400Z is now earlier than 20261121T084500Z \(20261121T090000Z - 15 min\.\)$/,
    ],
    [
      'a signature 16 minutes ahead',
      signed({ date: '20261121T091600Z' }),
      'SignatureDoesNotMatch',
      /^Signature not yet current/,
    ],
    [
      'another algorithm',
      { ...signed(), headers: { authorization: 'Basic eDp5' } },
      'IncompleteSignature',
      /algorithm/,
    ],
    [
      'a credential with a part missing',
      {
        ...signed(),
        headers: {
          ...signed().headers,
          authorization: 'AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00',
        },
      },
      'IncompleteSignature',
      /5 slash-delimited/,
    ],
    [
      'no Signature parameter',
      {
        ...signed(),
        headers: { ...signed().headers, authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host' },
      },
      'IncompleteSignature',
      /'Signature'/,
    ],
    [
      'a claimed hash of another body',
      { ...signed(), headers: { ...signed().headers, 'x-amz-content-sha256': sha256('other') } },
      'SignatureDoesNotMatch',
      /x-amz-content-sha256/,
    ],
  ])('%s', (_, request, code, message) => {
    expect(refusal(request)).toMatchObject({ code, message: expect.stringMatching(message) })
  })

  test('a signature is good for 15 minutes either way', () => {
    expect(refusal(signed({ date: '20261121T084501Z' }))).toBeUndefined()
    expect(refusal(signed({ date: '20261121T091459Z' }))).toBeUndefined()
  })
})

/** A request signed in its URL, by the steps of AWS's documentation. */
function presigned(more: Readonly<Record<string, string>>): SignedRequest {
  const scope = `${DATE.slice(0, 8)}/us-west-2/elasticache/aws4_request`
  const parameters = {
    Action: 'DescribeCacheClusters',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${KEY}/${scope}`,
    'X-Amz-Date': DATE,
    'X-Amz-SignedHeaders': 'host',
    ...more,
  }
  const query = Object.entries(parameters)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&')
  const canonical = ['GET', '/', query, 'host:localhost:8011', '', 'host', sha256('')].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', DATE, scope, sha256(canonical)].join('\n')
  const key = scope.split('/').reduce<Buffer | string>((parent, part) => hmac(parent, part), `AWS4${SECRET}`)
  const signature = hmac(key, toSign).toString('hex')
  return {
    method: 'GET',
    path: '/',
    query: `${query}&X-Amz-Signature=${signature}`,
    headers: { host: 'localhost:8011' },
    body: Buffer.alloc(0),
  }
}

describe('a signature in the URL', () => {
  const later = (seconds: number) => new Signatures(new Map([[KEY, SECRET]]), () => NOW + seconds * 1000)

  test.each([1, 900, 604_800])('is good for %d seconds when it says so, and not for one more', (seconds) => {
    const request = presigned({ 'X-Amz-Expires': String(seconds) })
    expect(later(seconds).verify(request)).toEqual({ accessKeyId: KEY, region: 'us-west-2' })
    expect(() => later(seconds + 1).verify(request)).toThrow(/^Request has expired\.$/)
  })

  test('is good for 15 minutes when it says nothing', () => {
    expect(later(900).verify(presigned({}))).toBeDefined()
    expect(() => later(901).verify(presigned({}))).toThrow(/^Request has expired\.$/)
  })

  test.each([
    ['604801', /^X-Amz-Expires must be less than a week \(in seconds\)/],
    ['99999999999999999999', /^X-Amz-Expires must be less than a week \(in seconds\)/],
    ['0', /^X-Amz-Expires must be at least 1 second$/],
    ['-1', /^X-Amz-Expires must be non-negative$/],
    ['', /^X-Amz-Expires should be a number$/],
    ['week', /^X-Amz-Expires should be a number$/],
    ['1e3', /^X-Amz-Expires should be a number$/],
    ['Infinity', /^X-Amz-Expires should be a number$/],
    [' 60', /^X-Amz-Expires should be a number$/],
  ])('that is to be good for %j seconds is refused', (seconds, message) => {
    expect(refusal(presigned({ 'X-Amz-Expires': seconds }))).toMatchObject({
      code: 'AuthorizationQueryParametersError',
      status: 400,
      message: expect.stringMatching(message),
    })
  })
})

test.each([
  ['each once', 'host;host;'],
  ['not more than a hundred', `host;${Array.from({ length: 100 }, (_, at) => `x-${at};`).join('')}`],
])('headers are signed %s: the canonical request would be as long as one likes', (_, named) => {
  const { headers, ...request } = signed()
  const authorization = String(headers.authorization).replace('host;', named)
  expect(refusal({ ...request, headers: { ...headers, authorization } })).toMatchObject({
    code: 'SignatureDoesNotMatch',
    message: 'SignedHeaders must name each header once, and not more than 100.',
  })
})

test.each(['iam', 'ec2', 'sns'])('a call to %s is told that the engine does not do that', (service) => {
  expect(() => signatures.verify(signed({ service }))).toThrow(
    `The local engine does not do ${service}: it has ElastiCache`,
  )
})
