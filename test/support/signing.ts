/** Signs requests by the steps of AWS's documentation, independently of the code under test. */
import { createHash, createHmac } from 'node:crypto'
import type { SignedRequest } from '../../src/engine/http/signature.ts'

export const KEY = 'AKIALOCALTEST0000000'
export const SECRET = 'c2VjcmV0'

export const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

export interface Signing {
  /** `20261121T090000Z` */
  readonly date: string
  readonly method?: string
  readonly path?: string
  /** What the client sends, and what it signs: sorted, and encoded. */
  readonly query?: string
  readonly canonicalQuery?: string
  readonly canonicalPath?: string
  readonly body?: string
  /** Sent and signed besides host, as the client writes them. */
  readonly headers?: Readonly<Record<string, string | string[]>>
  /** The canonical form of those of `headers` that differ from it. */
  readonly canonicalHeaders?: Readonly<Record<string, string>>
  readonly signedHeaders?: readonly string[]
  readonly payloadHash?: string
  readonly scope?: string
}

const HOST = 'localhost:8011'
const scopeOf = (date: string) => `${date.slice(0, 8)}/us-west-2/elasticache/aws4_request`

function signatureOf(signing: Signing, query: string, signedHeaders: readonly string[]): string {
  const { date, method = 'POST', path = '/', body = '', headers = {}, scope = scopeOf(date) } = signing
  const values: Record<string, unknown> = { host: HOST, ...headers, ...signing.canonicalHeaders }
  const names = signedHeaders.map((name) => name.toLowerCase())
  const canonical = [
    method,
    signing.canonicalPath ?? path,
    query,
    ...names.map((name) => `${name}:${values[name] ?? ''}`),
    '',
    names.join(';'),
    signing.payloadHash ?? sha256(body),
  ].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')
  const signingKey = scope.split('/').reduce<Buffer | string>((parent, part) => hmac(parent, part), `AWS4${SECRET}`)
  return hmac(signingKey, toSign).toString('hex')
}

/** A request signed in the Authorization header. */
export function signedInHeader(signing: Signing): SignedRequest {
  const { date, method = 'POST', path = '/', query = '', body = '', scope = scopeOf(date) } = signing
  const headers = { 'x-amz-date': date, ...signing.headers }
  const signedHeaders = signing.signedHeaders ?? ['host', ...Object.keys(headers)].sort()
  const signature = signatureOf({ ...signing, headers }, signing.canonicalQuery ?? query, signedHeaders)
  const authorization = `AWS4-HMAC-SHA256 Credential=${KEY}/${scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`
  return { method, path, query, headers: { host: HOST, ...headers, authorization }, body: Buffer.from(body) }
}

export interface Presigning extends Signing {
  /** Seconds; left out of the request when undefined. */
  readonly expires?: number | string | undefined
}

/** A request signed in its query string, as a link that anybody may follow. */
export function presigned(signing: Presigning): SignedRequest {
  const { date, method = 'GET', path = '/', body = '', headers = {}, scope = scopeOf(date) } = signing
  const signedHeaders = signing.signedHeaders ?? ['host', ...Object.keys(headers)].sort()
  const parameters: [string, string][] = [
    ['Action', 'DescribeCacheClusters'],
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${KEY}/${scope}`],
    ['X-Amz-Date', date],
    ...(signing.expires === undefined ? [] : [['X-Amz-Expires', String(signing.expires)] as [string, string]]),
    ['X-Amz-SignedHeaders', signedHeaders.join(';')],
  ]
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  const signature = signatureOf({ ...signing, method }, query, signedHeaders)
  return {
    method,
    path,
    query: `${query}&X-Amz-Signature=${signature}`,
    headers: { host: HOST, ...headers },
    body: Buffer.from(body),
  }
}
