/**
 * The part of CloudWatch's API that reads metrics, of AWS, of an endpoint that stands in for it, or of the local engine. JSON
 * over HTTP and a signature are all it takes: the SDK's client of CloudWatch would be one more dependency.
 */
import { readFileSync } from 'node:fs'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Environment } from '../environment.ts'
import { FailsWith, Problem } from '../problem.ts'
import { version } from '../version.ts'
import { type Credentials, credentialsOfTheSdk } from './credentials.ts'
import { Sha256 } from './sha256.ts'
import type { Target } from './targets.ts'

const SERVICE_ERROR = 254
const USUAL_TIMEOUT_MS = 60_000

export interface Dimension {
  readonly Name: string
  readonly Value?: string
}

export interface Metric {
  readonly Namespace: string
  readonly MetricName: string
  readonly Dimensions: readonly Dimension[]
}

interface Calls {
  ListMetrics: {
    input: { Namespace: string; Dimensions: readonly Dimension[]; NextToken?: string }
    output: { Metrics?: readonly Metric[]; NextToken?: string }
  }
  GetMetricData: {
    /** Times are seconds since 1970. */
    input: {
      MetricDataQueries: readonly { Id: string; MetricStat: { Metric: Metric; Period: number; Stat: string } }[]
      StartTime: number
      EndTime: number
      ScanBy: 'TimestampAscending'
      NextToken?: string
    }
    output: {
      MetricDataResults?: readonly { Id: string; Timestamps?: readonly number[]; Values?: readonly number[] }[]
      NextToken?: string
    }
  }
}

export interface CloudWatchClient {
  call<N extends keyof Calls>(operation: N, input: Calls[N]['input']): Promise<Calls[N]['output']>
}

/** Rejects with a Problem when credentials or a region are missing. */
export async function openCloudWatch(target: Target, env: Environment): Promise<CloudWatchClient> {
  const { url, region, credentials } = await whereTo(target, env)
  const signer = credentials && new SignatureV4({ service: 'monitoring', region, credentials, sha256: Sha256 })
  return {
    async call(operation, input) {
      const body = JSON.stringify(input)
      const request = {
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        ...(url.port !== '' && { port: Number(url.port) }),
        path: '/',
        query: {},
        headers: {
          host: url.host,
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': `GraniteServiceVersion20100801.${operation}`,
          'user-agent': `cachectl/${version}`,
        },
        body,
      }
      const signed = signer ? await signer.sign(request) : request
      const { status, text } = await send(url, signed.headers, body, target)
      if (status === 200) return JSON.parse(text) as never // the operation's own output
      throw refusal(operation, status, text)
    },
  }
}

interface WhereTo {
  readonly url: URL
  readonly region: string
  readonly credentials: Credentials | undefined
}

async function whereTo(target: Target, env: Environment): Promise<WhereTo> {
  const signs = target.transport?.sign !== false
  if (target.kind === 'local') {
    const { url, region, credentials } = target
    return { url: new URL(url), region, credentials: signs ? credentials : undefined }
  }
  const { region, credentials } = await credentialsOfTheSdk(target, signs)
  const aws = `https://monitoring.${region}.${domainOf(region)}/`
  // Where something stands in for AWS, it may stand in for CloudWatch elsewhere.
  const url = target.kind === 'aws' ? aws : env.AWS_ENDPOINT_URL_CLOUDWATCH || (target.url ?? aws)
  return { url: new URL(url), region, credentials }
}

const domainOf = (region: string): string => (region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com')

async function send(
  url: URL,
  headers: Record<string, string>,
  body: string,
  { transport }: Target,
): Promise<{ status: number; text: string }> {
  const { verify = true, caFile, readTimeoutMs = USUAL_TIMEOUT_MS } = transport ?? {}
  const timeout = Number.isFinite(readTimeoutMs) ? readTimeoutMs : 0
  const tls = { rejectUnauthorized: verify, ...(caFile !== undefined && { ca: readFileSync(caFile) }) }
  const request = url.protocol === 'https:' ? (await import('node:https')).request : httpRequest
  return new Promise((resolve, reject) => {
    const failed = ({ code, message }: NodeJS.ErrnoException) =>
      reject(new Problem('general', `Could not connect to the endpoint URL: "${url.href}" (${code ?? message})`))
    const sent: ClientRequest = request(
      url,
      { method: 'POST', headers, timeout, ...tls },
      (response: IncomingMessage) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('error', failed)
        response.on('data', (piece: string) => {
          text += piece
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    sent.on('timeout', () => sent.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })))
    sent.on('error', failed)
    sent.end(body)
  })
}

function refusal(operation: string, status: number, text: string): Error {
  let code = `HTTP ${status}`
  let said = text.slice(0, 500)
  try {
    const answer: Readonly<Record<string, string | undefined>> = JSON.parse(text)
    const { __type = code, message = said, Message = message } = answer
    code = __type.replace(/^.*#/, '').replace(/Exception$/, '')
    said = Message
  } catch {
    // Not JSON: shown as it is.
  }
  const message = `An error occurred (${code}) when calling the ${operation} operation: ${said}`
  return new FailsWith(SERVICE_ERROR, new Problem('general', message))
}
