import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Signatures, type SignedRequest } from '../../../src/engine/http/signature.ts'
import { KEY, presigned, SECRET, sha256, signedInHeader } from '../../support/signing.ts'

const NOW = Date.UTC(2026, 10, 21, 9, 0, 0)
const DATE = '20261121T090000Z'

const refusal = (request: SignedRequest, now = NOW) => {
  try {
    new Signatures(new Map([[KEY, SECRET]]), () => now).verify(request)
  } catch (error) {
    return error
  }
  return 'taken'
}
const mismatch = (message: RegExp) => ({ code: 'SignatureDoesNotMatch', message: expect.stringMatching(message) })

/** A rightly signed request whose parts have been changed afterwards. */
const withHeaders = (request: SignedRequest, headers: SignedRequest['headers']): SignedRequest => ({
  ...request,
  headers: { ...request.headers, ...headers },
})

describe('what a client may write in more than one way is signed in one', () => {
  test('parameters count in the order of their names, whatever order they are sent in', () => {
    const query = 'MaxRecords=40&Action=DescribeEvents'
    const canonicalQuery = 'Action=DescribeEvents&MaxRecords=40'
    expect(refusal(signedInHeader({ date: DATE, query, canonicalQuery }))).toBe('taken')
  })

  test('a parameter without a value has an empty one, and none between two ampersands', () => {
    const signing = { date: DATE, query: 'Action&&Version=1', canonicalQuery: 'Action=&Version=1' }
    expect(refusal(signedInHeader(signing))).toBe('taken')
  })

  test('a value may hold further equals signs', () => {
    const signing = { date: DATE, query: 'Filter=a=b=c', canonicalQuery: 'Filter=a%3Db%3Dc' }
    expect(refusal(signedInHeader(signing))).toBe('taken')
  })

  test('of punctuation only - _ . ~ stay as they are', () => {
    const signing = { date: DATE, query: "v=!'()*-_.~+", canonicalQuery: 'v=%21%27%28%29%2A-_.~%20' }
    expect(refusal(signedInHeader(signing))).toBe('taken')
  })

  test('whatever a value is, it is signed as RFC 3986 encodes it', () => {
    const encoded = (text: string) =>
      [...Buffer.from(text)]
        .map((byte) =>
          /[\w.~-]/.test(String.fromCharCode(byte))
            ? String.fromCharCode(byte)
            : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
        )
        .join('')
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 12 }), (value) => {
        const query = `v=${encodeURIComponent(value)}`
        expect(refusal(signedInHeader({ date: DATE, query, canonicalQuery: `v=${encoded(value)}` }))).toBe('taken')
      }),
    )
  })

  test('a query that cannot be decoded is no query', () => {
    const request = signedInHeader({ date: DATE, query: 'Action=%zz' })
    expect(refusal(request)).toMatchObject({ code: 'MalformedQueryString', message: expect.stringContaining('%zz') })
  })

  test.each([
    ['', '/'],
    ['/', '/'],
    ['/a b/c', '/a%20b/c'],
  ])('the path %j is signed as %s', (path, canonicalPath) => {
    expect(refusal(signedInHeader({ date: DATE, path, canonicalPath }))).toBe('taken')
    expect(refusal({ ...signedInHeader({ date: DATE, path, canonicalPath }), path: '/other' })).toMatchObject(
      mismatch(/^The request signature/),
    )
  })

  test('white space around a header does not count, within it as one space', () => {
    const headers = { 'x-note': '  a   b  ' }
    expect(refusal(signedInHeader({ date: DATE, headers, canonicalHeaders: { 'x-note': 'a b' } }))).toBe('taken')
  })

  test('a header sent twice has both values', () => {
    const headers = { 'x-note': ['a', 'b'] }
    expect(refusal(signedInHeader({ date: DATE, headers, canonicalHeaders: { 'x-note': 'a,b' } }))).toBe('taken')
  })
})

describe('what is signed must be what is sent', () => {
  test('a signed header that is left out', () => {
    const request = signedInHeader({ date: DATE, headers: { 'x-note': 'a' } })
    expect(refusal(withHeaders(request, { 'x-note': undefined }))).toMatchObject(mismatch(/^The request signature/))
  })

  test('host has to be among the signed headers', () => {
    const refused = mismatch(/^'Host' or ':authority' must be a 'SignedHeader'/)
    expect(refusal(signedInHeader({ date: DATE, signedHeaders: ['x-amz-date'] }))).toMatchObject(refused)
    const headers = { 'x-note': 'a' }
    expect(refusal(presigned({ date: DATE, headers, signedHeaders: ['x-note'] }))).toMatchObject(refused)
  })

  test('a signature of another length', () => {
    const request = signedInHeader({ date: DATE })
    const authorization = String(request.headers.authorization).slice(0, -2)
    expect(refusal(withHeaders(request, { authorization }))).toMatchObject(mismatch(/^The request signature/))
  })

  test('any other signature of the right length', () => {
    const request = signedInHeader({ date: DATE })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), (change) => {
        const authorization = String(request.headers.authorization).replace(/[0-9a-f]{2}$/, (last) =>
          (Number.parseInt(last, 16) ^ change).toString(16).padStart(2, '0'),
        )
        const expected = change === 0 ? 'taken' : expect.objectContaining({ code: 'SignatureDoesNotMatch' })
        expect(refusal(withHeaders(request, { authorization }))).toEqual(expected)
      }),
    )
  })

  test("the body's hash may be claimed when it is right", () => {
    const body = 'Action=DescribeEvents'
    const claiming = (hash: string) => ({ date: DATE, body, headers: { 'x-amz-content-sha256': hash } })
    expect(refusal(signedInHeader(claiming(sha256(body))))).toBe('taken')
    const unsigned = { ...claiming('UNSIGNED-PAYLOAD'), payloadHash: 'UNSIGNED-PAYLOAD' }
    expect(refusal(signedInHeader(unsigned))).toMatchObject(mismatch(/x-amz-content-sha256/))
  })

  test('only a presigned request may leave its body unsigned', () => {
    const unsigned = { date: DATE, payloadHash: 'UNSIGNED-PAYLOAD', body: 'whatever comes' }
    const headers = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
    expect(refusal(presigned({ ...unsigned, headers }))).toBe('taken')
    expect(refusal(presigned(unsigned))).toMatchObject(mismatch(/^The request signature/))
    const other = { 'x-amz-content-sha256': sha256('other') }
    expect(refusal(presigned({ date: DATE, headers: other, payloadHash: sha256('other') }))).toMatchObject(
      mismatch(/x-amz-content-sha256/),
    )
  })
})

describe('the scope of a credential', () => {
  test('ends in aws4_request', () => {
    const scope = '20261121/us-west-2/elasticache/aws5_request'
    expect(refusal(signedInHeader({ date: DATE, scope }))).toMatchObject(mismatch(/valid terminator.*'aws5_request'/))
  })

  test('is of the day of the request', () => {
    const scope = '20261120/us-west-2/elasticache/aws4_request'
    expect(refusal(signedInHeader({ date: DATE, scope }))).toMatchObject(
      mismatch(/'20261120' != '20261121', from '20261121T090000Z'\.$/),
    )
  })

  test.each(['XX20261121T090000Z', '20261121T090000ZZ', '20261121T0900Z', '2026-11-21'])('%s is no date', (date) => {
    const scope = `${date.slice(0, 4)}/us-west-2/elasticache/aws4_request`
    expect(refusal(signedInHeader({ date, scope }))).toMatchObject({
      code: 'IncompleteSignature',
      message: `Date must be in ISO-8601 'basic format'. Got '${date}'.`,
    })
  })
})

describe('the date of a request', () => {
  test('is good for 15 minutes either way, and not for a second more', () => {
    const at = (date: string) => refusal(signedInHeader({ date }))
    expect(at('20261121T084500Z')).toBe('taken')
    expect(at('20261121T084459Z')).toMatchObject(mismatch(/^Signature expired/))
    expect(at('20261121T091500Z')).toBe('taken')
    expect(at('20261121T091501Z')).toMatchObject(
      mismatch(
        /^Signature not yet current: 20261121T091501Z is still later than 20261121T091500Z \(20261121T090000Z \+ 15 min\.\)$/,
      ),
    )
  })

  test('is that of the Date header where there is no X-Amz-Date', () => {
    const dated = (date: string | undefined) =>
      withHeaders(signedInHeader({ date: DATE, signedHeaders: ['host'] }), { 'x-amz-date': undefined, date })
    expect(refusal(dated('Sat, 21 Nov 2026 09:00:00 GMT'))).toBe('taken')
    const missing = { code: 'IncompleteSignature', message: expect.stringMatching(/'X-Amz-Date' or a 'Date' header/) }
    expect(refusal(dated('tomorrow'))).toMatchObject(missing)
    expect(refusal(dated(undefined))).toMatchObject(missing)
  })
})

describe('a presigned request', () => {
  const later = (seconds: number) => NOW + seconds * 1000

  test('is good until it expires, not a second longer', () => {
    const request = presigned({ date: DATE, expires: 3600 })
    expect(refusal(request)).toBe('taken')
    expect(refusal(request, later(3600))).toBe('taken')
    expect(refusal(request, later(3601))).toMatchObject({ code: 'RequestExpired' })
  })

  test('is good for 15 minutes when it does not say how long', () => {
    const request = presigned({ date: DATE })
    expect(refusal(request, later(900))).toBe('taken')
    expect(refusal(request, later(901))).toMatchObject({ code: 'RequestExpired' })
  })

  test('is not good before its time', () => {
    expect(refusal(presigned({ date: DATE, expires: 3600 }), later(-901))).toMatchObject(
      mismatch(/^Signature not yet current/),
    )
  })

  test('may name its headers in capital letters', () => {
    expect(refusal(presigned({ date: DATE, signedHeaders: ['Host'] }))).toBe('taken')
  })

  test.each(['X-Amz-Credential', 'X-Amz-Date', 'X-Amz-SignedHeaders', 'X-Amz-Signature'])('needs its %s', (name) => {
    const request = presigned({ date: DATE })
    const query = request.query.replace(new RegExp(`&${name}=[^&]*`), '')
    expect(refusal({ ...request, query })).toMatchObject({
      code: 'IncompleteSignature',
      message: `AWS query-string parameters must include '${name}'.`,
    })
  })

  test('is one without an algorithm too: what else has a signature?', () => {
    const request = presigned({ date: DATE })
    expect(refusal({ ...request, query: request.query.replace(/&X-Amz-Algorithm=[^&]*/, '') })).toMatchObject(
      mismatch(/^The request signature/),
    )
  })

  test('is none with another algorithm and no signature', () => {
    const query = 'Action=DescribeEvents&X-Amz-Algorithm=AWS3'
    expect(refusal({ ...presigned({ date: DATE }), query })).toMatchObject({ code: 'MissingAuthenticationToken' })
  })
})

test('an algorithm that is none is named', () => {
  const request = withHeaders(signedInHeader({ date: DATE }), { authorization: 'Basic eDp5 more' })
  expect(refusal(request)).toMatchObject({ message: "Unsupported AWS 'algorithm': 'Basic'." })
})
