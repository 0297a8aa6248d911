import { SignatureV4 } from '@smithy/signature-v4'
import { Sha256 } from '../../src/cli/sha256.ts'
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

/** One request to the engine, signed for CloudWatch unless it says otherwise. */
export async function signed(
  { info, credentials: own }: Pick<TestEngine, 'info' | 'credentials'>,
  request: Sent,
): Promise<Response> {
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
export async function jsonCall(
  engine: Pick<TestEngine, 'info' | 'credentials'>,
  operation: string,
  input: object,
  more: Sent = {},
) {
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
