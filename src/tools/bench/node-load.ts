/**
 * A load process for cache nodes. It knows how long each answer is, and only counts bytes: it must cost less than what it
 * measures. Tells its parent when the measured time begins and what became of it.
 */
import net from 'node:net'
import tls from 'node:tls'
import { Latencies } from '../../kv/latencies.ts'

export interface NodeLoad {
  readonly ports: readonly number[]
  readonly secure: boolean
  readonly connections: number
  /** Requests that go out, and are answered, together. */
  readonly pipeline: number
  /** Keys in one get. */
  readonly keysPerGet: number
  /** Gets for each set; 0: sets only; infinite (null in JSON): gets only. */
  readonly getsPerSet: number | null
  readonly valueBytes: number
  readonly keys: number
  readonly seconds: number
}

export type LoadMessage = 'begun' | { readonly perSecond: number; readonly p99Ms: number }

interface Batch {
  readonly request: Buffer
  readonly answerBytes: number
}

const STORED_BYTES = 'STORED\r\n'.length
const END_BYTES = 'END\r\n'.length
const BATCHES = 2048
const WARM_UP = 0.25
const [V, S, T] = [86, 83, 84]

const load: NodeLoad = JSON.parse(process.argv[2] ?? '')
const value = 'x'.repeat(load.valueBytes)
// All of a length, so that answers are.
const keyOf = (number: number): string => `bench-${String(number % load.keys).padStart(9, '0')}`
const setOf = (number: number): string => `set ${keyOf(number)} 0 0 ${load.valueBytes}\r\n${value}\r\n`
const hitBytes = `VALUE ${keyOf(0)} 0 ${load.valueBytes}\r\n${value}\r\n`.length

function batches(): Batch[] {
  let number = 1
  const next = (): number => {
    number = (Math.imul(number, 1_664_525) + 1_013_904_223) >>> 0
    return number >>> 8
  }
  const period = load.getsPerSet === null ? Number.POSITIVE_INFINITY : load.getsPerSet + 1
  let sent = 0
  return Array.from({ length: Math.ceil(Math.min(BATCHES, (64 << 20) / load.valueBytes)) }, () => {
    let text = ''
    let answerBytes = 0
    for (let i = 0; i < load.pipeline; i++) {
      const isSet = ++sent % period === 0
      text += isSet
        ? setOf(next())
        : `get ${Array.from({ length: load.keysPerGet }, () => keyOf(next())).join(' ')}\r\n`
      answerBytes += isSet ? STORED_BYTES : load.keysPerGet * hitBytes + END_BYTES
    }
    return { request: Buffer.from(text), answerBytes }
  })
}

const readBuffer = Buffer.allocUnsafeSlow(256 * 1024)

/** Opens a connection; `receive` gets what it reads, which is valid during the call only. */
function open(port: number, receive: (length: number, bytes: Uint8Array) => void): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const failed = (): void => reject(new Error('the node closed a connection'))
    if (load.secure) {
      const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => resolve(socket))
      socket
        .on('data', (bytes: Buffer) => receive(bytes.length, bytes))
        .on('error', reject)
        .on('close', failed)
      return
    }
    const callback = (length: number, bytes: Uint8Array): boolean => {
      receive(length, bytes)
      return true
    }
    const socket = net.connect({ host: '127.0.0.1', port, noDelay: true, onread: { buffer: readBuffer, callback } })
    socket
      .on('connect', () => resolve(socket))
      .on('error', reject)
      .on('close', failed)
  })
}

/** One after another: memcached 1.6.18 forgets what it has decrypted when much of TLS comes at once. */
async function fill(port: number): Promise<void> {
  let [sent, missing] = [0, 0]
  let done: () => void = () => undefined
  const all = new Promise<void>((resolve) => {
    done = resolve
  })
  const next = (): void => {
    missing = STORED_BYTES
    if (sent === load.keys) done()
    else socket.write(setOf(sent++))
  }
  const socket = await open(port, (length) => {
    missing -= length
    if (missing === 0) next()
  })
  next()
  await all
  socket.removeAllListeners('close').destroy()
}

const wanted = batches()
const latencies = new Latencies()
let answered = 0
let measuring = false

async function run(port: number, first: number): Promise<void> {
  let at = first
  let missing = 0
  let sentAt = 0
  let fresh = true
  const send = (): void => {
    const batch = wanted[at++ % wanted.length] as Batch // within its length
    missing = batch.answerBytes
    fresh = true
    sentAt = performance.now()
    socket.write(batch.request)
  }
  const socket = await open(port, (length, bytes) => {
    // A miss or an error would be of another length: everything that follows would be nonsense.
    if (fresh && !(bytes[0] === V || (bytes[0] === S && bytes[1] === T))) throw new Error('not the answer that was due')
    fresh = false
    missing -= length
    if (missing > 0) return
    if (missing < 0) throw new Error('more than the answer that was due')
    if (measuring) {
      latencies.add(performance.now() - sentAt)
      answered += load.pipeline
    }
    send()
  })
  send()
}

const tell = (message: LoadMessage): boolean | undefined => process.send?.(message)

for (const port of load.ports) await fill(port)
for (let i = 0; i < load.connections; i++) {
  // There is a port at least.
  await run(load.ports[i % load.ports.length] as number, Math.floor((i * wanted.length) / load.connections))
}
setTimeout(() => {
  measuring = true
  tell('begun')
  const begun = performance.now()
  setTimeout(() => {
    const seconds = (performance.now() - begun) / 1000
    tell({ perSecond: answered / seconds, p99Ms: latencies.percentile(0.99) })
    process.exit(0)
  }, load.seconds * 1000)
}, WARM_UP * 1000)
