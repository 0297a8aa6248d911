/** The SDK's client as it is, for AWS and for endpoints that stand in for it. */
import { readFileSync } from 'node:fs'
import * as sdk from '@aws-sdk/client-elasticache'
import type { OperationName } from '../../api/model.ts'
import { environment, forgetEndpointUrls } from '../environment.ts'
import { readOtherNames } from '../other-names.ts'
import { Problem } from '../problem.ts'
import { systemReason } from '../python/system-reason.ts'
import { tell } from '../terminal.ts'
import { refuseUnreadable } from '../unreadable.ts'
import { keepWireTimes } from '../wire-times.ts'
import { awsConfig } from './aws-config.ts'
import type { AwsTarget } from './targets.ts'
import { type Transport, USUAL_TRANSPORT } from './transport.ts'

export interface AwsCaller {
  call(name: OperationName, input: object, signal?: AbortSignal): Promise<object>
  /** Where calls go; undefined while the region is unknown. */
  url(): Promise<string | undefined>
  close(): void
}

/** The SDK tells on stderr of its own where it finds credentials in two places. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

export function awsCaller(target: AwsTarget): AwsCaller {
  if (target.kind === 'aws') forgetEndpointUrls()
  const client = new sdk.ElastiCacheClient({
    ...(target.url !== undefined && { endpoint: target.url }),
    ...(target.region !== undefined && { region: target.region }),
    ...(target.profile !== undefined && { profile: target.profile }),
    ...(target.credentials && { credentials: target.credentials }),
    logger: SILENT,
    ...travelling(target.transport ?? USUAL_TRANSPORT, target.url),
  })
  keepWireTimes(client.config.protocol)
  readOtherNames(client.config.protocol)
  refuseUnreadable(client.config.protocol)
  // Looked up by name, which the compiler can't follow into seventy-five classes.
  const commands = sdk as unknown as Record<string, new (input: object) => Parameters<typeof client.send>[0]>
  return {
    async call(name, input, signal) {
      const Command = commands[`${name}Command`]
      if (!Command) throw new Error(`the SDK has no ${name}Command`)
      const answer = client.send(new Command(input), signal ? { abortSignal: signal } : {})
      return answer.catch((error: unknown) => {
        throw withoutCredentials(error, target) ?? error
      })
    },
    async url() {
      // Why there is none is told by the call that failed of it.
      const region = await client.config.region().catch(() => undefined)
      return (target.url && new URL(target.url).href) ?? (region && `https://elasticache.${region}.amazonaws.com/`)
    },
    close: () => client.destroy(),
  }
}

/** The SDK passes a process that fails over, and says in the end that there are no credentials. */
export function withoutCredentials(error: unknown, { profile }: AwsTarget): Problem | undefined {
  if (!(error instanceof Error) || error.name !== 'CredentialsProviderError') return undefined
  const { credential_process: command } = awsConfig(profile === undefined ? {} : { profile }, environment).settings
  if (command === undefined) return undefined
  const next = `Run credential_process of profile "${profile ?? 'default'}" by hand to see why.`
  return new Problem('general', 'Error when retrieving credentials from custom-process: ', next)
}

function travelling(transport: Transport, url: string | undefined): sdk.ElastiCacheClientConfig {
  const { sign, verify, caFile, readTimeoutMs, connectTimeoutMs } = transport
  // Plain HTTP has no certificates: a bundle that is not there does no harm.
  const secure = !url?.startsWith('http:')
  const ca = secure && verify && caFile !== undefined ? certificatesIn(caFile, url) : undefined
  if (secure && !verify) {
    const host = url === undefined ? 'AWS' : new URL(url).hostname
    const advice = 'Adding certificate verification is strongly advised.'
    tell(`InsecureRequestWarning: Unverified HTTPS request is being made to host '${host}'. ${advice}`)
  }
  const finite = (milliseconds: number) => (Number.isFinite(milliseconds) ? milliseconds : 0)
  return {
    requestHandler: {
      requestTimeout: finite(readTimeoutMs),
      throwOnRequestTimeout: true,
      connectionTimeout: finite(connectTimeoutMs),
      httpsAgent: { rejectUnauthorized: verify, ...(ca && { ca }) },
    },
    // The SDK wants credentials even where nothing is signed.
    ...(!sign && {
      credentials: { accessKeyId: '', secretAccessKey: '' },
      signer: { sign: async (request) => request },
    }),
  }
}

/** To Node a file without certificates is as good as none, and would leave the reader to guess. */
function certificatesIn(file: string, url: string | undefined): Buffer {
  const refuse = (reason: string) =>
    new Problem(
      'general',
      `SSL validation failed for ${url ?? 'AWS'} ${reason}`,
      `The bundle of authorities is ${file}.`,
    )
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw refuse(systemReason(error))
  }
  if (bytes.includes('-----BEGIN ')) return bytes
  throw refuse('[X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate or crl found')
}
