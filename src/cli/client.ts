/** The SDK client for a target. The SDK is loaded here and only when a call is made. */
import type { Input, OperationName, Output } from '../api/model.ts'
import { environment, forgetEndpointUrls } from './environment.ts'
import { loopbackHandler } from './loopback-handler.ts'
import { CallFailed, Problem } from './problem.ts'
import type { Target } from './targets.ts'
import { version } from './version.ts'

export interface ApiClient {
  readonly target: Target
  /** Rejects with {@link CallFailed}. */
  call<N extends OperationName>(name: N, input: Input<N>, signal?: AbortSignal): Promise<Output<N>>
  close(): void
}

export async function openClient(target: Target): Promise<ApiClient> {
  const sdk = await import('@aws-sdk/client-elasticache')
  const client = new sdk.ElastiCacheClient(target.kind === 'local' ? localConfig(target) : awsConfig(target))
  // Looked up by name: the compiler can't follow that into seventy-five classes.
  const commands = sdk as unknown as Record<string, new (input: object) => Parameters<typeof client.send>[0]>
  return {
    target,
    async call(name, input, signal) {
      const Command = commands[`${name}Command`]
      if (!Command) throw new Error(`the SDK has no ${name}Command`)
      try {
        const command = new Command(input)
        const { $metadata, ...output } = await client.send(command, signal ? { abortSignal: signal } : {})
        return output as Output<typeof name>
      } catch (error) {
        throw new CallFailed(name, target.url ?? (await urlOf(client)), error)
      }
    },
    close: () => client.destroy(),
  }

  async function urlOf({ config }: typeof client): Promise<string | undefined> {
    const region = await config.region().catch(() => undefined)
    return region && `https://elasticache.${region}.amazonaws.com/`
  }
}

function localConfig({ url, region, credentials }: Extract<Target, { kind: 'local' }>) {
  return {
    endpoint: url,
    region,
    credentials,
    requestHandler: loopbackHandler,
    // Nothing here is throttled or lost on the way: an error is the answer.
    maxAttempts: 1,
    // Said here so that the SDK does not go and read the user's configuration files for it.
    authSchemePreference: [],
    defaultsMode: 'standard' as const,
    disableClockSkewCorrection: true,
    retryMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: undefined,
    defaultUserAgentProvider: async (): Promise<[string, string][]> => [['cachectl', version]],
  }
}

function awsConfig(target: Exclude<Target, { kind: 'local' }>) {
  if (target.kind === 'aws') forgetEndpointUrls()
  else if (!target.region && !environment.AWS_CONFIG_FILE && target.url === undefined) {
    throw new Problem('configuration', 'You must specify a region.')
  }
  return {
    ...(target.url !== undefined && { endpoint: target.url }),
    ...(target.region !== undefined && { region: target.region }),
    ...(target.profile !== undefined && { profile: target.profile }),
  }
}
