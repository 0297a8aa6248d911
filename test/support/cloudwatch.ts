import { SignatureV4 } from '@smithy/signature-v4'
import { Sha256 } from '../../src/cli/target/sha256.ts'
import type { TestEngine } from './engine.ts'

export interface Sent {
  readonly method?: 'GET' | 'POST'
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly service?: string
  readonly region?: string
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** What of an engine it takes to ask it. */
export interface Asked {
  readonly info: Pick<TestEngine['info'], 'url' | 'region'>
  readonly credentials: Pick<TestEngine['credentials'], 'accessKeyId' | 'secretAccessKey'>
}

/** One request to the engine, signed for CloudWatch unless it says otherwise. */
export async function signed({ info, credentials: own }: Asked, request: Sent): Promise<Response> {
  const { method = 'POST', path = '/', headers = {}, body, service = 'monitoring', credentials = own } = request
  const { region = info.region } = request
  const url = new URL(path, info.url)
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 })
  const { headers: complete } = await signer.sign({
    method,
    protocol: 'http:',
    hostname: url.hostname,
    port: Number(url.port),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, ...headers },
    ...(body !== undefined && { body }),
  })
  return fetch(url, { method, headers: complete, ...(body !== undefined && { body: Buffer.from(body) }) })
}

/** A call in JSON, as botocore makes it. */
export async function jsonCall(engine: Asked, operation: string, input: object, more: Sent = {}) {
  const response = await signed(engine, {
    ...more,
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `GraniteServiceVersion20100801.${operation}`,
    },
    body: JSON.stringify(input),
  })
  return {
    status: response.status,
    error: response.headers.get('x-amzn-query-error'),
    // biome-ignore lint/suspicious/noExplicitAny: what tests look at, they compare
    value: (await response.json()) as any,
  }
}
