/** The password of a user who logs in by IAM: a request that is signed, and never sent. */
import { SignatureV4 } from '@smithy/signature-v4'
import type { Credentials } from './credentials.ts'
import { Sha256 } from './sha256.ts'

/** User guide, "Authenticating with IAM": of a token, and of the connection that it opened. */
export const TOKEN_SECONDS = 900

export interface TokenRequest {
  /** Of a replication group, a cluster, or a serverless cache. */
  readonly cache: string
  readonly user: string
  readonly serverless: boolean
  readonly region: string
  readonly credentials: Credentials
  readonly now: Date
}

/** `shop/?Action=connect&User=app&X-Amz-...`: the URL without its scheme. The cache's name is signed as host, in lower case. */
export async function authToken({ cache, user, serverless, region, credentials, now }: TokenRequest): Promise<string> {
  const signer = new SignatureV4({ service: 'elasticache', region, credentials, sha256: Sha256 })
  const host = cache.toLowerCase()
  const { query = {} } = await signer.presign(
    {
      method: 'GET',
      protocol: 'http:',
      hostname: host,
      path: '/',
      query: { Action: 'connect', User: user, ...(serverless && { ResourceType: 'ServerlessCache' }) },
      headers: { host },
    },
    { expiresIn: TOKEN_SECONDS, signingDate: now },
  )
  const pairs = Object.entries(query).map(([name, value]) => `${quoted(name)}=${quoted(String(value))}`)
  return `${host}/?${pairs.join('&')}`
}

/** As RFC 3986 has it, and signatures: encodeURIComponent leaves five more characters as they are. */
const quoted = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
