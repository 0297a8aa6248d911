/** How the API is found by a doctor: calls that are bounded, the plain question beside them, and the engine's process. */

import { HEALTH_PATH } from '../../../api/local-engine.ts'
import type { OperationName } from '../../../api/model.ts'
import { errorCode } from '../../../api/thrown.ts'
import { isHeld } from '../../../diagnose/processes.ts'
import {
  CLOCK_OFF_MS,
  clockAheadMs,
  type EngineFacts,
  type FailedCall,
  type ServiceEvidence,
} from '../../../diagnose/service.ts'
import { lookAtService } from '../../../diagnose/service-look.ts'
import { neighboursIn, PeerUnreachable } from '../../../holder/peers.ts'
import { elapsedMs, systemClock } from '../../../net/clock.ts'
import { reasonOf } from '../../caches/refusals.ts'
import { environment } from '../../environment.ts'
import { failureOf } from '../../failure.ts'
import type { GlobalOptions } from '../../global-flags.ts'
import { CallFailed } from '../../problem.ts'
import type { ApiClient } from '../../target/client.ts'
import { isSeen, recordedEngine, stateDirectory } from '../../target/state-dir.ts'
import { describeChoice, type Target } from '../../target/targets.ts'

const TIMED_OUT = 'ETIMEDOUT'
/** For a call that begins late. */
const LEAST_MS = 200
/** For a word of an engine on its socket. */
const WORD_MS = 700

/** A client whose calls end in time, and that knows whether any was answered. */
export interface BoundedClient extends ApiClient {
  /** Answers so far, refusals included. */
  answered(): number
}

/** Calls that take longer, or that begin when `totalMs` are nearly over, fail as those do whose time to read is up. */
export function bounded(client: ApiClient, patienceMs: number, totalMs: number): BoundedClient {
  let answers = 0
  const end = systemClock.monotonicMs() + totalMs
  return {
    ...client,
    answered: () => answers,
    async call(name, input, signal) {
      const late = new AbortController()
      const left = Math.max(LEAST_MS, end - systemClock.monotonicMs())
      const cancel = systemClock.after(Math.min(patienceMs, left), () => late.abort())
      try {
        const both = signal ? AbortSignal.any([signal, late.signal]) : late.signal
        const answer = await client.call(name, input, both)
        // A list without members is one, too: in a page of something else the codec finds no list at all.
        if (name === 'DescribeCacheClusters' && Object.keys(answer).length === 0) throw foreign(client.target, input)
        answers++
        return answer
      } catch (error) {
        if (error instanceof CallFailed && error.serviceCode !== undefined) answers++
        throw late.signal.aborted ? unanswered(name, client.target, input) : error
      } finally {
        cancel()
      }
    },
  }
}

const unanswered = (name: OperationName, target: Target, input: object): CallFailed =>
  new CallFailed(name, urlOf(target), Object.assign(new Error('no answer'), { code: TIMED_OUT }), input)

const foreign = (target: Target, input: object): CallFailed =>
  new CallFailed(
    'DescribeCacheClusters',
    urlOf(target),
    Object.assign(new Error("nothing of ElastiCache's API is in the answer"), { $metadata: { httpStatusCode: 200 } }),
    input,
  )

/** It was waited for, and nothing came. */
export const isUnanswered = ({ serviceCode, cause }: CallFailed): boolean =>
  serviceCode === undefined && errorCode(cause) === TIMED_OUT

/** AWS's own where the target names none. */
function urlOf(target: Target): string | undefined {
  if (target.url !== undefined) return target.url
  return target.region === undefined ? undefined : `https://elasticache.${target.region}.amazonaws.com/`
}

/** Everything about the API but its answers; what an engine would say that is held is not waited for. Never rejects. */
export async function serviceAt(
  target: Target,
  engine: Promise<EngineFacts | undefined>,
  timeoutMs: number,
): Promise<ServiceEvidence> {
  const url = urlOf(target)
  const asked = target.kind === 'aws' ? url : url && new URL(HEALTH_PATH, url).href
  const stop = new AbortController()
  const held = engine.then((facts) => (facts?.state === 'stopped' ? undefined : NEVER))
  const looking = asked === undefined ? undefined : lookAtService({ url: asked, timeoutMs, signal: stop.signal })
  const look = await Promise.race([looking, held])
  stop.abort()
  const facts = await engine
  return {
    kind: target.kind,
    ...(url !== undefined && { url }),
    ...(look && { look }),
    ...(facts && { engine: facts }),
  }
}

const NEVER = new Promise<never>(() => {})

/** The engine behind a target; undefined: there is none that is known of. */
export const engineBehind = async (
  target: Target,
  flags: Pick<GlobalOptions, 'state-dir'>,
): Promise<EngineFacts | undefined> =>
  target.kind === 'local' ? engineIn(stateDirectory(flags['state-dir'], environment)) : undefined

/** What `answer` comes to, or a failure as soon as the engine is known to be held: it would wait in vain. */
export function unlessHeld<T>(
  answer: Promise<T>,
  engine: Promise<EngineFacts | undefined>,
  target: Target,
): Promise<T> {
  answer.catch(() => {}) // told by whoever awaits it first
  const held = engine.then((facts) => {
    if (facts?.state === 'stopped') throw unanswered('DescribeCacheClusters', target, {})
    return NEVER
  })
  return Promise.race([answer, held])
}

/** Where calls go to the local engine, and none takes them: one that was killed, or is starting. */
export async function serviceWithoutTarget(flags: GlobalOptions): Promise<ServiceEvidence | undefined> {
  if (describeChoice(flags, environment).choice.kind !== 'local') return undefined
  const engine = await engineIn(stateDirectory(flags['state-dir'], environment))
  if (engine === undefined || engine.state === 'running') return undefined
  const failed = { operation: 'DescribeCacheClusters', answered: false, message: 'no engine is there', ms: 0 }
  return { kind: 'local', engine, failed }
}

/** What the files and sockets of a state directory, and /proc, say of its engine; undefined: there has been none. */
async function engineIn(stateDir: string): Promise<EngineFacts | undefined> {
  const recorded = recordedEngine(stateDir)?.info
  // One that is held would say nothing on its socket.
  if (recorded && isSeen(recorded) && (await isHeld(recorded.pid))) {
    return { pid: recorded.pid, stateDir, startedAt: recorded.startedAt, state: 'stopped' }
  }
  const holder = await holderIn(stateDir)
  if (holder === undefined || holder === 'silent') {
    if (!recorded) return undefined
    const { pid, startedAt } = recorded
    const facts = { pid, stateDir, startedAt }
    if (!isSeen(recorded)) return { ...facts, state: holder === 'silent' ? 'elsewhere' : 'gone' }
    return { ...facts, state: 'running' }
  }
  const { pid, startedAt, url } = holder
  const facts = { pid, stateDir, startedAt }
  if (!isSeen(holder)) return { ...facts, state: 'elsewhere' }
  if (await isHeld(pid)) return { ...facts, state: 'stopped' }
  return { ...facts, state: url === '' ? 'starting' : 'running' }
}

/** The engine that says on its socket that it holds the directory; `silent`: one that says nothing. */
async function holderIn(stateDir: string) {
  try {
    const { peers } = await neighboursIn(stateDir)
    try {
      const words = await Promise.all(peers.map((peer) => peer.word(WORD_MS)))
      return words.find((word) => typeof word === 'object') ?? words.find((word) => word === 'silent')
    } finally {
      for (const peer of peers) peer.close()
    }
  } catch (error) {
    if (error instanceof PeerUnreachable) return 'silent'
    throw error
  }
}

/** Codes of requests whose time is not that of the service, in the words of several of them. */
const TIME_CODES =
  /^(SignatureDoesNotMatch|InvalidSignature(Exception)?|RequestExpired|RequestTimeTooSkewed|RequestInTheFuture|AuthFailure)$/

/** Why nothing is known of clusters, where that is the API's own doing; undefined: a matter of the request. */
export function failedCall(
  error: unknown,
  service: ServiceEvidence,
  answered: number,
  startMs: number,
): FailedCall | undefined {
  if (!(error instanceof CallFailed)) return undefined
  const { operation, serviceCode } = error
  const failed = { operation, message: reasonOf(error), ms: Math.round(elapsedMs(systemClock, startMs)) }
  const foreignStatus = foreignStatusOf(error)
  if (foreignStatus !== undefined) return { ...failed, answered: false, foreignStatus }
  if (serviceCode !== undefined) {
    const isOfClock = TIME_CODES.test(serviceCode) && Math.abs(clockAheadMs(service) ?? 0) > CLOCK_OFF_MS
    const isStarting = service.look?.health?.status === 'starting'
    return isOfClock || isStarting ? { ...failed, answered: true, code: serviceCode } : undefined
  }
  const code = errorCode(error.cause)
  // One question of several that is not answered is told as such; and what was never sent lacks something here.
  if (answered > 0 || NEVER_SENT.has(failureOf(error)?.code ?? '')) return undefined
  if (service.look?.outcome === 'answered' && !isUnanswered(error)) return undefined
  return { ...failed, answered: false, ...(code !== undefined && { code }) }
}

/** The SDK has no name for an error that is not in the service's form. */
function foreignStatusOf({ cause, serviceCode }: CallFailed): number | undefined {
  if (!/^(Unknown(Error)?)?$/.test(serviceCode ?? '') || !(cause instanceof Error) || !('$metadata' in cause))
    return undefined
  return (cause.$metadata as { httpStatusCode?: number }).httpStatusCode // the SDK's type of every failed call
}

const NEVER_SENT: ReadonlySet<string> = new Set(['NoCredentials', 'NoRegion', 'Configuration', 'Interrupted'])
