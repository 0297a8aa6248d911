/** Whose signature something bears, where it is no call of the API's client. */
import type { AwsTarget } from './targets.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Region and credentials as the SDK finds them, in files, the environment, or a role. */
export async function credentialsOfTheSdk(
  target: AwsTarget,
  signs: boolean,
): Promise<{ readonly region: string; readonly credentials: Credentials | undefined }> {
  const { region, profile } = target
  const { ElastiCacheClient } = await import('@aws-sdk/client-elasticache')
  const { withoutCredentials } = await import('./aws-client.ts')
  const { config } = new ElastiCacheClient({
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
  })
  const found = await config.region()
  if (!signs) return { region: found, credentials: undefined }
  const credentials = await config.credentials().catch((error: unknown) => {
    throw withoutCredentials(error, target) ?? error
  })
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  return { region: found, credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } }
}
