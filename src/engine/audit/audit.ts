/**
 * The audit log: every call of the API as CloudTrail records it (guide, "Logging Amazon ElastiCache API calls"), the refused
 * ones as well. Lines are gathered and written together; a crash loses at most those of the last {@link FLUSH_MS}. Calls of
 * strangers, with no right signature, are in a file of their own, some of them one by one and of the others the number: they
 * must not wash the others out.
 */
import { randomUUID } from 'node:crypto'
import { withoutSecrets } from '../../api/catalog/secrets.ts'
import type { Fault } from '../../api/faults.ts'
import { onlyReads } from '../../api/names.ts'
import { errorMessage } from '../../api/thrown.ts'
import type { JsonLines } from '../store/json-lines.ts'
import type { Clock } from '../time/clock.ts'

const FLUSH_MS = 100
/** Lines that wait at most, however many calls come in that time. */
const MOST_WAITING = 2_000
const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS'
const MESSAGE_LENGTH = 1_000
/** Agents of SDKs have some 200 characters, names of operations 45 at most. */
const AGENT_LENGTH = 512
const ACTION_LENGTH = 128
/** CloudTrail leaves out what is larger than 100 KB. */
const ELEMENTS_LENGTH = 100_000
const MOST_AGENTS = 100
/** Calls of strangers that are recorded one by one, in so much time; after that the number of the others is. */
const STRANGERS_CALLS = 30
const STRANGERS_MS = 60_000

/** The recorded caller: a user, or one that could not be verified. */
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

/** Calls of strangers that were not recorded one by one. */
interface LeftOut {
  count: number
  last: AuditedCall
}

/** The log of calls, two files of JSON lines: calls of users, and those of strangers, whose flood must not push out the first. */
export class AuditLog {
  readonly #lines: JsonLines
  readonly #strangersLines: JsonLines
  readonly #wallClock: Clock
  readonly #log: (line: string) => void
  readonly #onCall: (call: AuditedCall) => void
  readonly #identities = new WeakMap<AuditIdentity, string>()
  readonly #agents = new Map<string, string>()
  #second = Number.NaN
  #secondText = ''
  #waiting: string[] = []
  #strangersWaiting: string[] = []
  #cancel: (() => void) | undefined
  #strangersLeft = STRANGERS_CALLS
  #leftOut: LeftOut | undefined
  #cancelStrangers: (() => void) | undefined

  /** `onCall` hears of every call that is recorded one by one. */
  constructor(
    lines: JsonLines,
    strangersLines: JsonLines,
    wallClock: Clock,
    log: (line: string) => void,
    onCall: (call: AuditedCall) => void = () => {},
  ) {
    this.#lines = lines
    this.#strangersLines = strangersLines
    this.#wallClock = wallClock
    this.#log = log
    this.#onCall = onCall
  }

  record(call: AuditedCall): void {
    if (!call.identity) {
      this.#recordStranger(call)
      return
    }
    this.#onCall(call)
    this.#waiting.push(this.#line(call))
    if (this.#waiting.length >= MOST_WAITING) this.#writeWaiting()
    else this.#flushSoon()
  }

  /** Writes what waits, and how many calls of strangers have been left out so far. */
  flush(): void {
    this.#tellLeftOut()
    this.#writeWaiting()
  }

  #writeWaiting(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#write(this.#lines, this.#waiting.splice(0))
    this.#write(this.#strangersLines, this.#strangersWaiting.splice(0))
  }

  close(): void {
    this.#cancelStrangers?.()
    this.flush()
  }

  #recordStranger(call: AuditedCall): void {
    this.#cancelStrangers ??= this.#wallClock.at(this.#wallClock.now() + STRANGERS_MS, () => {
      this.#cancelStrangers = undefined
      this.#strangersLeft = STRANGERS_CALLS
      this.flush()
    })
    if (this.#strangersLeft > 0) {
      this.#strangersLeft--
      this.#onCall(call)
      this.#strangersWaiting.push(this.#line(call))
      this.#flushSoon()
    } else this.#leftOut = { count: (this.#leftOut?.count ?? 0) + 1, last: call }
  }

  #tellLeftOut(): void {
    if (!this.#leftOut) return
    const { count, last } = this.#leftOut
    this.#leftOut = undefined
    // CloudTrail's field for what has no field of its own; what is in it are words of ours.
    this.#strangersWaiting.push(
      this.#line({ ...last, action: undefined }, `,"additionalEventData":{"callsLeftOut":${count}}`),
    )
  }

  #flushSoon(): void {
    this.#cancel ??= this.#wallClock.at(this.#wallClock.now() + FLUSH_MS, () => this.#writeWaiting())
  }

  #write(lines: JsonLines, texts: readonly string[]): void {
    if (texts.length === 0) return
    try {
      lines.appendText(texts.join(''))
    } catch (error) {
      // A full disk must not keep the API from answering.
      this.#log(`the audit log cannot be written: ${errorMessage(error)}`)
    }
  }

  /** Put together from pieces: most of a line is the same from call to call. */
  #line(call: AuditedCall, more = ''): string {
    const { source = 'elasticache', identity, action, region, sourceIp, userAgent } = call
    const { input, output, fault, requestId, time } = call
    const failure = fault
      ? `,"errorCode":${JSON.stringify(fault.code)},"errorMessage":${JSON.stringify(shortened(fault.message))}`
      : ''
    return `{"eventVersion":"1.01","userIdentity":${this.#identityText(identity)},"eventTime":"${this.#seconds(time)}","eventSource":"${source}.amazonaws.com","eventName":${action === undefined ? 'null' : JSON.stringify(cut(action, ACTION_LENGTH))},"awsRegion":"${region}","sourceIPAddress":"${sourceIp}","userAgent":${this.#agentText(userAgent)}${failure},"requestParameters":${parametersText(input)},"responseElements":${elementsText(action, output)}${more},"requestID":"${requestId}","eventID":"${randomUUID()}"}\n`
  }

  /** Calls come from the same few clients, and many in one second: both texts are kept (measured: a third of a line's cost). */
  #agentText(userAgent: string): string {
    const known = this.#agents.get(userAgent)
    if (known) return known
    const text = JSON.stringify(cut(userAgent, AGENT_LENGTH))
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
const shortened = (message: string): string => cut(message.replace(/\n\n.*/s, ''), MESSAGE_LENGTH)

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text)

/** As JSON, or how long that would have been. */
function bounded(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > ELEMENTS_LENGTH ? `{"omitted":"${text.length} characters"}` : text
}

function parametersText(input: object | undefined): string {
  if (!input) return 'null'
  for (const _ in input) return bounded(inCamelCase(input))
  return 'null'
}

/** Nothing for what only reads, or answers nothing; of what an operation answers with one structure, its members. */
function elementsText(action: string | undefined, output: object | undefined): string {
  if (!output || !action || onlyReads(action)) return 'null'
  const values: unknown[] = Object.values(output)
  if (values.length === 0) return 'null'
  const [only] = values
  const isStructure = values.length === 1 && typeof only === 'object' && only !== null && !Array.isArray(only)
  return bounded(inCamelCase(isStructure ? only : output))
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
    result[camelCase(name)] = inCamelCase(withoutSecrets(name, member, HIDDEN))
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
