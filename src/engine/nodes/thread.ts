/** What a worker thread does: it runs cache nodes, as it is asked to. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Impairment } from '../../net/serve/impairment.ts'
import { collectUnaided } from '../../net/serve/node-insides.ts'
import type { Places } from '../../net/serve/server.ts'
import type { IngressRule } from '../network/ingress.ts'
import { ConnectionPlaces } from './connection-places.ts'
import { CpuShares } from './cpu-shares.ts'
import { type Reading, read, write } from './readings.ts'
import type { Reshaping } from './redis/reshape.ts'
import type { SlotMove } from './redis/slots.ts'
import type { Items, RunningNode, Start } from './running.ts'
import type { LiveSettings, Login, Loss, NodeSpec } from './runtime.ts'

export interface Request {
  readonly request: number
  readonly body:
    | { readonly do: 'start'; readonly spec: NodeSpec }
    | { readonly do: 'stop'; readonly key: string }
    | { readonly do: 'allow'; readonly key: string; readonly ingress: readonly IngressRule[] }
    | { readonly do: 'announce'; readonly key: string; readonly payload: Uint8Array }
    | {
        readonly do: 'attach' | 'detach'
        readonly key: string
        readonly addresses: readonly string[]
        readonly port: number
      }
    | { readonly do: 'dump' | 'restore'; readonly key: string; readonly file: string }
    | { readonly do: 'adjust'; readonly key: string; readonly live: LiveSettings }
    | { readonly do: 'impair'; readonly key: string; readonly impairment: Impairment | null }
    | {
        readonly do: 'renew-certificate'
        readonly key: string
        readonly pem: { readonly key: string; readonly cert: string }
      }
    | { readonly do: 'status'; readonly key: string }
    | { readonly do: 'reshape'; readonly reshaping: Reshaping }
    | { readonly do: 'move-slots'; readonly key: string; readonly move: SlotMove }
    /** Ends servers that would go on without this thread. */
    | { readonly do: 'end-processes' }
    | { readonly do: 'counters' | 'readings' }
    /** Asks for a sign of life. */
    | { readonly do: 'beat' }
}

export interface Answer {
  readonly request: number
  readonly value?: unknown
  readonly error?: { readonly message: string; readonly code?: string | undefined }
}

/** Of a node that has ended by itself: what ended, and how. */
export interface Crash {
  readonly crashed: string
  readonly how: string
}

/** Of a node whose list a client changed, and that has put it back. */
export interface Restoration {
  readonly restored: string
  readonly loss: Loss
}

/** Of a client that logs in with a token. */
export interface LoginQuestion {
  readonly question: number
  readonly key: string
  readonly login: Login
}

export interface LoginVerdict {
  readonly question: number
  /** Milliseconds; 0: it may not. */
  readonly holds: number
}

/** What a worker is started with. */
export interface WorkerData {
  readonly places: { readonly limit: number; readonly buffer: SharedArrayBuffer; readonly thread: number } | undefined
}

/** Programs by their names: {@link serveNodes}. */
let programs: Readonly<Record<string, Start<never>>> = {}
const nodes = new Map<string, RunningNode>()
const places = placesOf(workerData as WorkerData) // as embedded.ts starts it
const cpuShares = new CpuShares()
/** Clients that wait until the engine has checked their tokens. */
const logins = new Map<number, (holds: number) => void>()
let nextQuestion = 1
/** When each node started, microseconds since 1970: no two runs of a node have the same. */
const runs = new WeakMap<RunningNode, number>()

async function perform(body: Request['body']): Promise<unknown> {
  switch (body.do) {
    case 'start':
      return start(body.spec)
    case 'stop':
      await nodes.get(body.key)?.stop()
      nodes.delete(body.key)
      return
    case 'allow':
      return running(body.key).allow(body.ingress)
    case 'announce':
      return running(body.key).announce?.(Buffer.from(body.payload))
    case 'adjust':
      return running(body.key).adjust(body.live)
    case 'impair':
      return running(body.key).impair(body.impairment)
    case 'renew-certificate':
      return running(body.key).renewCertificate(body.pem)
    case 'attach':
      return listenOnAll(running(body.key), body.addresses, body.port)
    case 'detach':
      for (const host of body.addresses) await running(body.key).unlisten({ host, port: body.port })
      return
    case 'status':
      return nodes
        .get(body.key)
        ?.status?.()
        .catch(() => undefined)
    case 'move-slots':
      return running(body.key).moveSlots?.(body.move)
    case 'reshape':
      // Loaded where it is asked for.
      return (await import('./redis/reshape.ts')).reshape(body.reshaping)
    case 'end-processes':
      await Promise.all([...nodes.values()].map((node) => node.onEnd && node.stop()))
      return
    case 'dump':
      return itemsOf(body.key).dump(body.file)
    case 'restore':
      return itemsOf(body.key).restore?.(body.file)
    case 'counters':
      return Object.fromEntries(await Promise.all([...nodes].map(async ([key, node]) => [key, await node.counters()])))
    case 'readings':
      return readings()
    case 'beat':
      return
  }
}

function placesOf({ places: shared }: WorkerData): Places | undefined {
  if (!shared) return undefined
  const { limit, buffer, thread } = shared
  const threads = buffer.byteLength / Int32Array.BYTES_PER_ELEMENT
  return new ConnectionPlaces(limit, threads, buffer).of(thread)
}

async function start(spec: NodeSpec): Promise<void> {
  const { key } = spec
  const restored = (loss: Loss) => parentPort?.postMessage({ restored: key, loss } satisfies Restoration)
  const begin = programs[spec.program]
  if (!begin) throw new Error(`there is no program ${spec.program}`)
  // Sound: the program is chosen by the spec's own name of it.
  const node: RunningNode = await begin(spec as never, {
    places,
    restored,
    checkLogin: (user, token, from) => askForLogin(key, { user, token, from }),
  })
  try {
    await listenOnAll(node, spec.addresses, spec.port)
  } catch (error) {
    // A server that was taken over goes on with what it holds until its port is free.
    if (node.leave) await node.leave()
    else await node.stop()
    throw error
  }
  nodes.set(key, node)
  node.onEnd?.((how) => void crashed(key, node, how))
  runs.set(node, Math.round((performance.timeOrigin + performance.now()) * 1000))
}

function askForLogin(key: string, login: Login): Promise<number> {
  const question = nextQuestion++
  return new Promise((resolve) => {
    logins.set(question, resolve)
    parentPort?.postMessage({ question, key, login } satisfies LoginQuestion)
  })
}

/** Clients are not to find its relay where the server is gone. */
async function crashed(key: string, node: RunningNode, how: string): Promise<void> {
  nodes.delete(key)
  await node.stop()
  parentPort?.postMessage({ crashed: key, how } satisfies Crash)
}

/** Listens on the port at every address, or at none. */
async function listenOnAll(node: RunningNode, addresses: readonly string[], port: number): Promise<void> {
  const done: string[] = []
  try {
    for (const host of addresses) {
      await node.listen({ host, port })
      done.push(host)
    }
  } catch (error) {
    for (const host of done) await node.unlisten({ host, port })
    throw error
  }
}

/** Of every node that answers. */
async function readings(): Promise<Map<string, Reading>> {
  const answers = await Promise.all(
    [...nodes].map(async ([key, node]) => ({ key, node, reading: await node.reading() })),
  )
  const told = answers.flatMap(({ reading, ...rest }) => (reading ? [{ ...rest, reading }] : []))
  for (const { node, reading } of told) write(reading, 'run', runs.get(node) ?? 0)
  shareThread(told.filter(({ reading }) => Number.isNaN(read(reading, 'cpu_seconds'))))
  return new Map(told.map(({ key, reading }) => [key, reading]))
}

/** Nodes of this thread have the one core it runs on, each with the others there. */
function shareThread(told: readonly { readonly node: RunningNode; readonly reading: Reading }[]): void {
  cpuShares.update(
    new Map(told.map(({ node, reading }) => [node, read(reading, 'packets_in') + read(reading, 'packets_out')])),
  )
  for (const { node, reading } of told) {
    write(reading, 'cpu_seconds', cpuShares.secondsOf(node))
    write(reading, 'cpu_cores', 1)
  }
}

function running(key: string): RunningNode {
  const node = nodes.get(key)
  if (!node) throw new Error(`node ${key} is not running`)
  return node
}

/** Serverless caches are embedded always. */
function itemsOf(key: string): Items {
  const { items } = running(key)
  if (!items) throw new Error(`node ${key} is a real server`)
  return items
}

/** Runs nodes with these programs until the thread is ended. */
export function serveNodes(named: typeof programs): void {
  programs = named
  collectUnaided()
  parentPort?.on('message', (message: Request | LoginVerdict) => {
    if ('request' in message) return void answer(message)
    const { question, holds } = message
    logins.get(question)?.(holds)
    logins.delete(question)
  })
}

const answer = async ({ request, body }: Request) => {
  const told = await perform(body).then(
    (value): Answer => ({ request, value }),
    (error: NodeJS.ErrnoException): Answer => ({ request, error: { message: error.message, code: error.code } }),
  )
  parentPort?.postMessage(told)
}
