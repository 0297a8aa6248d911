/**
 * The audit log: every call of the API as CloudTrail records it (guide, "Logging Amazon ElastiCache API calls"), the refused
 * ones as well. Lines are gathered and written together; a crash loses at most those of the last {@link FLUSH_MS}.
 */
import { randomUUID } from 'node:crypto'
import type { Fault } from '../api/faults.ts'
import type { JsonLines } from './json-lines.ts'
import type { Clock } from './lifecycle/clock.ts'

const FLUSH_MS = 100
/** Lines that wait at most, however many calls come in that time. */
const MOST_WAITING = 2_000
const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS'
const SECRET_MEMBERS = new Set(['AuthToken', 'Passwords', 'SecretAccessKey', 'Password'])
const MESSAGE_LENGTH = 1_000
const MOST_AGENTS = 100

/** Who is recorded: a user, or nobody that could be verified. */
export interface AuditIdentity {
  readonly userName: string
  readonly userId: string
  readonly arn: string
  readonly account: string
  readonly accessKeyId: string
}

/** What became of one call; members are missing where it did not get so far. */
export interface AuditedCall {
  /** The service whose API it is; absent: ElastiCache. */
  readonly source?: 'elasticache' | 'monitoring'
  readonly identity: AuditIdentity | undefined
  readonly action: string | undefined
  readonly region: string
  readonly sourceIp: string
  readonly userAgent: string
  readonly input: object | undefined
  readonly output: object | undefined
  readonly fault: Fault | undefined
  readonly requestId: string
  /** Milliseconds since the epoch. */
  readonly time: number
}

export class AuditLog {
  readonly #lines: JsonLines
  readonly #wallClock: Clock
  readonly #log: (line: string) => void
  readonly #identities = new WeakMap<AuditIdentity, string>()
  readonly #agents = new Map<string, string>()
  #second = Number.NaN
  #secondText = ''
  #waiting: string[] = []
  #cancel: (() => void) | undefined

  constructor(lines: JsonLines, wallClock: Clock, log: (line: string) => void) {
    this.#lines = lines
    this.#wallClock = wallClock
    this.#log = log
  }

  record(call: AuditedCall): void {
    this.#waiting.push(this.#line(call))
    if (this.#waiting.length >= MOST_WAITING) this.flush()
    else this.#cancel ??= this.#wallClock.at(this.#wallClock.now() + FLUSH_MS, () => this.flush())
  }

  flush(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#waiting.length === 0) return
    const text = this.#waiting.join('')
    this.#waiting = []
    try {
      this.#lines.appendText(text)
    } catch (error) {
      // A full disk must not keep the API from answering.
      this.#log(`the audit log cannot be written: ${(error as Error).message}`)
    }
  }

  /** Put together from pieces: most of a line is the same from call to call. */
  #line({
    source = 'elasticache',
    identity,
    action,
    region,
    sourceIp,
    userAgent,
    input,
    output,
    fault,
    requestId,
    time,
  }: AuditedCall): string {
    const failure = fault
      ? `,"errorCode":${JSON.stringify(fault.code)},"errorMessage":${JSON.stringify(shortened(fault.message))}`
      : ''
    return `{"eventVersion":"1.01","userIdentity":${this.#identityText(identity)},"eventTime":"${this.#seconds(time)}","eventSource":"${source}.amazonaws.com","eventName":${JSON.stringify(action ?? null)},"awsRegion":"${region}","sourceIPAddress":"${sourceIp}","userAgent":${this.#agentText(userAgent)}${failure},"requestParameters":${parametersText(input)},"responseElements":${elementsText(action, output)},"requestID":"${requestId}","eventID":"${randomUUID()}"}\n`
  }

  /** Calls come from the same few clients, and many in one second: both texts are kept (measured: a third of a line's cost). */
  #agentText(userAgent: string): string {
    const known = this.#agents.get(userAgent)
    if (known) return known
    const text = JSON.stringify(userAgent)
    if (this.#agents.size >= MOST_AGENTS) this.#agents.clear()
    this.#agents.set(userAgent, text)
    return text
  }

  #seconds(time: number): string {
    const second = Math.floor(time / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#secondText = `${new Date(time).toISOString().slice(0, 19)}Z`
    }
    return this.#secondText
  }

  #identityText(identity: AuditIdentity | undefined): string {
    if (!identity) return '{"type":"Unknown"}'
    const known = this.#identities.get(identity)
    if (known) return known
    const { userName, userId, arn, account, accessKeyId } = identity
    const text = JSON.stringify({
      type: 'IAMUser',
      principalId: userId,
      arn,
      accountId: account,
      accessKeyId,
      userName,
    })
    this.#identities.set(identity, text)
    return text
  }
}

/** The first paragraph: that of a wrong signature goes on with the request it was made for. */
const shortened = (message: string): string => (message.split('\n\n', 1)[0] as string).slice(0, MESSAGE_LENGTH)

function parametersText(input: object | undefined): string {
  if (!input) return 'null'
  for (const _ in input) return JSON.stringify(inCamelCase(input))
  return 'null'
}

/** Nothing for what only reads, or answers nothing; of what an operation answers with one structure, its members. */
function elementsText(action: string | undefined, output: object | undefined): string {
  if (!output || !action || /^(Describe|List)/.test(action)) return 'null'
  const values: unknown[] = Object.values(output)
  if (values.length === 0) return 'null'
  const [only] = values
  const isStructure = values.length === 1 && typeof only === 'object' && only !== null && !Array.isArray(only)
  return JSON.stringify(inCamelCase(isStructure ? only : output))
}

/**
 * `NumCacheNodes` -> `numCacheNodes`, `AZMode` -> `aZMode`, and a list with nothing in it as `{}`, as the guide prints them
 * (`"cacheNodeIdsToReboot": {}`); secrets are hidden.
 */
export function inCamelCase(value: unknown): unknown {
  if (value instanceof Date) return inWords(value)
  if (Array.isArray(value)) return value.length === 0 ? {} : value.map(inCamelCase)
  if (typeof value !== 'object' || value === null) return value
  const result: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    result[camelCase(name)] = SECRET_MEMBERS.has(name) ? HIDDEN : inCamelCase(member)
  }
  return result
}

const camelCase = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** `Dec 1, 2014 10:16:06 PM`: how the guide's samples write times inside of requests and answers. */
function inWords(date: Date): string {
  const pad = (value: number) => String(value).padStart(2, '0')
  const hours = date.getUTCHours()
  const time = `${hours % 12 || 12}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())} ${hours < 12 ? 'AM' : 'PM'}`
  return `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}, ${date.getUTCFullYear()} ${time}`
}
