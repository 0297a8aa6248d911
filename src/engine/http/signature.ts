/**
 * Signature Version 4 of incoming requests, in the Authorization header or in the query string. The error texts are those
 * of AWS's Query services.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { regionFacts } from '../../api/catalog/regions.ts'
import { Fault } from '../../api/faults.ts'

const ALGORITHM = 'AWS4-HMAC-SHA256'
const ELASTICACHE = 'elasticache'
/** Services that the engine has, by their names in signatures. */
const SERVED: readonly string[] = [ELASTICACHE, 'monitoring']
const SKEW_MINUTES = 15
const MINUTE_MS = 60_000
/** SDKs sign a dozen at most. */
const MOST_SIGNED_HEADERS = 100
const WEEK_SECONDS = 7 * 24 * 60 * 60

export interface SignedHead {
  readonly method: string
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export interface SignedRequest extends SignedHead {
  readonly body: Buffer
}

export interface Identity {
  readonly accessKeyId: string
  readonly region: string
}

/** What a request says of its signature. */
export interface Claim {
  readonly accessKeyId: string
  readonly scope: readonly [date: string, region: string, service: string, terminator: string]
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** `20150202T192317Z` */
  readonly timestamp: string
  /** Seconds a signature in the query string holds. */
  readonly expires: number | null
}

/** The secret of an access key; undefined when no user has it. */
export interface Secrets {
  get(accessKeyId: string): string | undefined
}

/** Verifies signature, date (15 minutes either way) and scope. Throws the Fault AWS would answer with. */
export class Signatures {
  readonly #secrets: Secrets
  readonly #wallClock: () => number
  /** Signing keys by secret and scope: a day's key is derived once, not with every request. */
  readonly #keys = new Map<string, Buffer>()

  constructor(secrets: Secrets, wallClock: () => number) {
    this.#secrets = secrets
    this.#wallClock = wallClock
  }

  /** Whether the head of a request, as text, names a known access key. Proves nothing. */
  isKeyNamed(head: string): boolean {
    const key = /\bCredential=(\w+)(?:\/|%2F)/.exec(head)?.[1]
    return key !== undefined && this.#secrets.get(key) !== undefined
  }

  /**
   * All that can be refused before the body is there: no work is done for the bodies of unknown clients.
   * @param service The name the signature must be scoped to.
   */
  admit(head: SignedHead, service = ELASTICACHE): Claim {
    const claim = readClaim(head)
    this.#secretOf(claim)
    checkScope(claim, service)
    checkSignedHeaders(claim)
    checkDate(claim, this.#wallClock())
    return claim
  }

  /** @param claim What {@link admit} said of the request's head. */
  verify(request: SignedRequest, claim: Claim = this.admit(request)): Identity {
    const secret = this.#secretOf(claim)
    const canonical = canonicalRequest(request, claim)
    const toSign = [ALGORITHM, claim.timestamp, claim.scope.join('/'), sha256(canonical)].join('\n')
    const expected = createHmac('sha256', this.#signingKey(secret, claim.scope)).update(toSign).digest('hex')
    // As text: what reads hexadecimal digits leaves out whatever follows the last one.
    const [given, wanted] = [Buffer.from(claim.signature), Buffer.from(expected)]
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      throw new Fault(
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
          `and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'${canonical}'\n\nThe String-to-Sign should have been\n'${toSign}'\n`,
      )
    }
    return { accessKeyId: claim.accessKeyId, region: claim.scope[1] }
  }

  #secretOf({ accessKeyId }: Claim): string {
    const secret = this.#secrets.get(accessKeyId)
    if (secret !== undefined) return secret
    throw new Fault('InvalidClientTokenId', 'The security token included in the request is invalid.')
  }

  #signingKey(secret: string, scope: Claim['scope']): Buffer {
    const name = `${secret}/${scope.join('/')}`
    const known = this.#keys.get(name)
    if (known) return known
    const key = scope.reduce(
      (parent, part) => createHmac('sha256', parent).update(part).digest(),
      Buffer.from(`AWS4${secret}`),
    )
    if (this.#keys.size > 1_000) this.#keys.clear()
    this.#keys.set(name, key)
    return key
  }
}

function readClaim(head: SignedHead): Claim {
  const authorization = header(head, 'authorization')
  if (authorization !== undefined) return claimFromHeader(authorization, head)
  const query = new URLSearchParams(head.query)
  if (query.has('X-Amz-Signature') || query.get('X-Amz-Algorithm') === ALGORITHM) return claimFromQuery(query)
  throw new Fault('MissingAuthenticationToken', 'Request is missing Authentication Token')
}

function claimFromHeader(authorization: string, head: SignedHead): Claim {
  const incomplete = (what: string) => new Fault('IncompleteSignature', `${what} Authorization=${authorization}`)
  if (!authorization.startsWith(`${ALGORITHM} `)) {
    throw new Fault('IncompleteSignature', `Unsupported AWS 'algorithm': '${authorization.split(' ')[0]}'.`)
  }
  const fields = new Map(
    authorization
      .slice(ALGORITHM.length)
      .split(',')
      .map((field): [string, string] => {
        const [name = '', value = ''] = field.trim().split(/=(.*)/s)
        return [name, value]
      }),
  )
  const need = (name: string): string => {
    const value = fields.get(name)
    if (!value) throw incomplete(`Authorization header requires '${name}' parameter.`)
    return value
  }
  const credential = need('Credential')
  const signature = need('Signature')
  const signedHeaders = need('SignedHeaders')
  const timestamp = header(head, 'x-amz-date') ?? httpDate(header(head, 'date'))
  if (!timestamp) {
    throw incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  }
  return { ...readCredential(credential), signature, signedHeaders: signedHeaders.split(';'), timestamp, expires: null }
}

function claimFromQuery(query: URLSearchParams): Claim {
  const need = (name: string): string => {
    const value = query.get(name)
    if (!value) throw new Fault('IncompleteSignature', `AWS query-string parameters must include '${name}'.`)
    return value
  }
  return {
    ...readCredential(need('X-Amz-Credential')),
    signature: need('X-Amz-Signature'),
    signedHeaders: need('X-Amz-SignedHeaders').toLowerCase().split(';'),
    timestamp: need('X-Amz-Date'),
    expires: readExpires(query.get('X-Amz-Expires') ?? String(SKEW_MINUTES * 60)),
  }
}

/**
 * From a second to a week. Code and texts are those of S3, whose documentation gives these bounds for Signature Version 4 at
 * large; what ElastiCache itself answers is not known. The text for 0 is ours: S3 takes it, and finds the request expired.
 */
function readExpires(text: string): number {
  const refuse = (what: string) => new Fault('AuthorizationQueryParametersError', `X-Amz-Expires ${what}`)
  if (!/^-?\d+$/.test(text)) throw refuse('should be a number')
  const seconds = Number(text)
  if (seconds < 0) throw refuse('must be non-negative')
  if (seconds === 0) throw refuse('must be at least 1 second')
  if (seconds > WEEK_SECONDS) {
    throw refuse(
      `must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${WEEK_SECONDS} seconds`,
    )
  }
  return seconds
}

function readCredential(credential: string): Pick<Claim, 'accessKeyId' | 'scope'> {
  const [accessKeyId = '', date = '', region = '', service = '', terminator, ...more] = credential.split('/')
  if (terminator === undefined || more.length > 0) {
    throw new Fault(
      'IncompleteSignature',
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
    )
  }
  return { accessKeyId, scope: [date, region, service, terminator] }
}

function checkScope({ scope: [date, region, service, terminator], timestamp }: Claim, wanted: string): void {
  const refuse = (text: string) => new Fault('SignatureDoesNotMatch', text)
  if (!SERVED.includes(service)) {
    throw new Fault(
      'UnsupportedOperation',
      `The local engine does not do ${service}: it has ElastiCache, and the metrics and alarms of CloudWatch.`,
    )
  }
  if (service !== wanted) throw refuse(`Credential should be scoped to correct service: '${wanted}'. `)
  if (!regionFacts(region)) throw refuse(`Credential should be scoped to a valid region, not '${region}'. `)
  if (terminator !== 'aws4_request') {
    throw refuse(`Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'. `)
  }
  if (!timestamp.startsWith(date)) {
    throw refuse(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
    )
  }
}

function checkSignedHeaders({ signedHeaders }: Claim): void {
  if (!signedHeaders.includes('host')) {
    throw new Fault(
      'SignatureDoesNotMatch',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    )
  }
  // Words of our own. A long header, named again and again, would make a canonical request as long as one likes.
  const isRepeated = (name: string, index: number) => signedHeaders.indexOf(name) !== index
  if (signedHeaders.length > MOST_SIGNED_HEADERS || signedHeaders.some(isRepeated)) {
    throw new Fault(
      'SignatureDoesNotMatch',
      `SignedHeaders must name each header once, and not more than ${MOST_SIGNED_HEADERS}.`,
    )
  }
}

function checkDate({ timestamp, expires }: Claim, now: number): void {
  const signedAt = parseBasicDate(timestamp)
  if (signedAt === undefined) {
    throw new Fault('IncompleteSignature', `Date must be in ISO-8601 'basic format'. Got '${timestamp}'.`)
  }
  if (expires !== null && now > signedAt + expires * 1000) throw new Fault('RequestExpired', 'Request has expired.')
  const earliest = now - SKEW_MINUTES * MINUTE_MS
  const latest = now + SKEW_MINUTES * MINUTE_MS
  if (expires === null && signedAt < earliest) {
    throw new Fault(
      'SignatureDoesNotMatch',
      `Signature expired: ${timestamp} is now earlier than ${basicDate(earliest)} (${basicDate(now)} - ${SKEW_MINUTES} min.)`,
    )
  }
  if (signedAt > latest) {
    throw new Fault(
      'SignatureDoesNotMatch',
      `Signature not yet current: ${timestamp} is still later than ${basicDate(latest)} (${basicDate(now)} + ${SKEW_MINUTES} min.)`,
    )
  }
}

function canonicalRequest(request: SignedRequest, { signedHeaders, expires }: Claim): string {
  const headers = signedHeaders.map((name) => `${name}:${(header(request, name) ?? '').trim().replace(/ +/g, ' ')}\n`)
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    headers.join(''),
    signedHeaders.join(';'),
    payloadHash(request, expires !== null),
  ].join('\n')
}

/** The body's own hash, always: a header that claims another one does not make another body right. */
function payloadHash(request: SignedRequest, isPresigned: boolean): string {
  const claimed = header(request, 'x-amz-content-sha256')
  const actual = sha256(request.body)
  if (claimed !== undefined && claimed !== actual && !(isPresigned && claimed === 'UNSIGNED-PAYLOAD')) {
    throw new Fault(
      'SignatureDoesNotMatch',
      'The value passed as x-amz-content-sha256 does not match the body of the request.',
    )
  }
  return claimed ?? actual
}

const canonicalPath = (path: string): string => path.split('/').map(encode).join('/') || '/'

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '' && !pair.startsWith('X-Amz-Signature='))
    .map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s)
      return `${encode(decode(name))}=${encode(decode(value))}`
    })
    .sort()
    .join('&')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new Fault('MalformedQueryString', `The query string contains a syntax error: ${text}`)
  }
}

/** RFC 3986's unreserved characters stay; encodeURIComponent leaves five more. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

const sha256 = (bytes: string | Buffer): string => hash('sha256', bytes)

function header({ headers }: SignedHead, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(',') : value
}

const basicDate = (time: number): string => `${new Date(time).toISOString().replace(/[-:]|\.\d+/g, '')}`

const httpDate = (text: string | undefined): string | undefined =>
  text && !Number.isNaN(Date.parse(text)) ? basicDate(Date.parse(text)) : undefined

function parseBasicDate(text: string): number | undefined {
  if (!/^\d{8}T\d{6}Z$/.test(text)) return undefined
  const part = (from: number, to: number): number => Number(text.slice(from, to))
  return Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(9, 11), part(11, 13), part(13, 15))
}
