import net from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { releaseLine } from '../../api/node-versions.ts'

/*
 * All that is used of Node beyond what its documentation promises, here or anywhere in this project. Any release may change
 * it. What is here is tried for real before it serves (insides-probe.ts); without it connections are read by 'data' events and
 * written by `socket.write`, which answer the same.
 *
 * What it saves of a small request's processor time, the kernel's part included, with 50 connections on Node 20, 22 and 26:
 * one buffer for all reads 16 to 26 %, writes past the stream 7 to 12 % (with 3 connections 5 to 14 %). `cork` and `writev`
 * do not bear on it: replies are gathered to one write a turn already.
 */

/**
 * The newest release line on which the insides serve. On Node 26 a plain-text client of a port of both kinds got no answer: its
 * socket, which the look at the first byte had begun to read, reads nothing more once its handle is wrapped again.
 */
const NEWEST_LINE = 24

/** CACHECTL_NODE_INSIDES=off: documented means only, as on a Node where nothing of it works, or a later one. */
export const mayUseInsides = (): boolean =>
  process.env.CACHECTL_NODE_INSIDES !== 'off' && releaseLine(process.version) <= NEWEST_LINE

/** What of it may be used; undefined where this Node does not work as expected. */
export interface Insides {
  readonly rewrap: typeof rewrap | undefined
  readonly shareReads: typeof shareReads | undefined
  readonly directWrites: typeof DirectWrites.of | undefined
}

/** Of a stream's handle: what Node's own streams use. */
interface Handle {
  /** Answers 0, or an error number, or the request of a write that goes on, if it was handed none. */
  writeBuffer(request: WriteRequest | null, bytes: Buffer): number | WriteRequest
  /** Reads into this buffer from now on. */
  useUserBuffer(buffer: Buffer): void
}

function handleOf(socket: net.Socket, ...members: readonly (keyof Handle)[]): Handle | undefined {
  const handle: unknown = Reflect.get(socket, '_handle')
  if (typeof handle !== 'object' || handle === null) return undefined
  return members.every((member) => member in handle) ? (handle as Handle) : undefined // callers use those members
}

// Reading every connection into one buffer saves an allocation per read. Node offers it to clients only (`onread`); for an
// accepted connection its handle is wrapped in a socket again.

const READ_BYTES = 64 * 1024
const buffer = Buffer.allocUnsafeSlow(READ_BYTES)

/**
 * A socket for the accepted connection that hands what it reads to `receive`, in a buffer that is valid during the
 * call only. Answers undefined, and leaves the socket alone, where this Node can't.
 */
export function rewrap(accepted: net.Socket, receive: (length: number, bytes: Buffer) => void): net.Socket | undefined {
  const handle = handleOf(accepted, 'useUserBuffer')
  if (handle === undefined) return undefined
  Reflect.set(accepted, '_handle', null)
  accepted.destroy() // gives its server's count back; without a handle it closes nothing
  const onread = {
    buffer,
    callback: (length: number, bytes: Uint8Array) => {
      receive(length, bytes as Buffer) // it is the Buffer given above
      return true
    },
  }
  const options = { handle, onread, noDelay: true }
  return new net.Socket(options as net.SocketConstructorOpts) // the declarations lack handle
}

/**
 * The same for a TLS connection, whose handle only its own socket can own: that socket is told of the buffer as the
 * constructor of a client's would be. Answers false, and leaves the socket alone, where this Node can't.
 */
export function shareReads(secure: net.Socket, receive: (length: number, bytes: Buffer) => void): boolean {
  const handle = handleOf(secure, 'useUserBuffer')
  const [kBuffer, kBufferCb] = ['kBuffer', 'kBufferCb'].map((name) =>
    Object.getOwnPropertySymbols(secure).find(({ description }) => description === name),
  )
  if (handle === undefined || kBuffer === undefined || kBufferCb === undefined) return false
  if (secure.readableLength > 0) return false
  Reflect.set(secure, kBuffer, buffer)
  Reflect.set(secure, kBufferCb, (length: number) => {
    receive(length, buffer)
    return true
  })
  handle.useUserBuffer(buffer)
  return true
}

// Most replies leave in one system call, at once. Node's stream keeps books of each of its writes that matter only for those
// which can't be finished; going past it to the handle spares them.

/** What a write that is not finished at once goes on under: Node's WriteWrap. */
interface WriteRequest {
  /** Below 0 unless a write goes on under it. */
  getAsyncId(): number
  /** What has to live until then. */
  handle?: Handle
  bytes?: Buffer
  oncomplete?: (status: number) => void
  /** Set where it was finished before `oncomplete` was. */
  writeStatus?: number | null
}

const DONE = 0
const FAILED = 1
type Begun = typeof DONE | typeof FAILED | WriteRequest

/** Begins a write the way this Node's own streams do: another might end the process. Undefined where it is none we know. */
const beginWrite = begins()

function begins(): ((handle: Handle, bytes: Buffer) => Begun) | undefined {
  try {
    const handed = requestHanded()
    if (handed === null) return beginWithout
    if (handed instanceof Object) return beginWith(handed.constructor as new () => WriteRequest) // made by `new` of it
  } catch {
    // Not even a stream can be made of a handle that is not real.
  }
  return undefined
}

/** What a stream hands to its handle with a write. Node up to 24.21 makes a request for each; later ones hand null. */
function requestHanded(): unknown {
  let handed: unknown
  const handle = {
    writeBuffer(request: unknown): number {
      handed = request
      return 0
    },
    close: (closed: () => void) => closed(),
  }
  const options = { handle, manualStart: true }
  const socket = new net.Socket(options as net.SocketConstructorOpts) // the declarations lack both
  socket.on('error', () => undefined)
  socket.write(Buffer.of(0))
  socket.destroy()
  return handed
}

function beginWith(Request: new () => WriteRequest): (handle: Handle, bytes: Buffer) => Begun {
  // Writes that finish at once leave no trace on their request: one does for all of them.
  let unused: WriteRequest | undefined
  return (handle, bytes) => {
    const request = unused ?? new Request()
    unused = request
    if (handle.writeBuffer(request, bytes) !== 0) return FAILED
    // The queue does not tell: it may have emptied since, and a request that is taken for another write before Node has told
    // of its end ends the process.
    if (request.getAsyncId() < 0) return DONE
    unused = undefined
    return request
  }
}

function beginWithout(handle: Handle, bytes: Buffer): Begun {
  const answer = handle.writeBuffer(null, bytes)
  if (typeof answer !== 'number') return answer
  return answer === 0 ? DONE : FAILED
}

/** Writes to one socket past its stream. What goes through the stream as well keeps its place: both end in one queue. */
export class DirectWrites {
  /** Bytes that the system has not taken yet. */
  pending = 0
  readonly #handle: Handle
  readonly #begin: (handle: Handle, bytes: Buffer) => Begun
  readonly #settled: (failed: boolean) => void

  private constructor(
    handle: Handle,
    begin: (handle: Handle, bytes: Buffer) => Begun,
    settled: (failed: boolean) => void,
  ) {
    this.#handle = handle
    this.#begin = begin
    this.#settled = settled
  }

  /** @param settled Called when nothing is pending any more, or when the client is gone. */
  static of(socket: net.Socket, settled: (failed: boolean) => void): DirectWrites | undefined {
    const handle = handleOf(socket, 'writeBuffer')
    return handle && beginWrite && new DirectWrites(handle, beginWrite, settled)
  }

  /** Bytes that are `pending` afterwards must stay as they are until `settled` is called. Answers false when the client is gone. */
  write(bytes: Buffer): boolean {
    const begun = this.#begin(this.#handle, bytes)
    if (begun === DONE) return true
    if (begun === FAILED) return false
    this.pending += bytes.length
    begun.handle = this.#handle
    begun.bytes = bytes
    begun.oncomplete = (status) => {
      this.pending -= bytes.length
      if (status !== 0) this.#settled(true)
      else if (this.pending === 0) this.#settled(false)
    }
    if (typeof begun.writeStatus === 'number') begun.oncomplete(begun.writeStatus)
    return true
  }
}

// V8 stops putting small functions into those that call them after so many bytes of bytecode altogether (920 by itself),
// which is before the end of a request: the words of an item, among others, were then read by real calls. With more, get
// and set take 13 to 17 % less time beyond the system calls, and a get of 100 keys a quarter less (measured on Node 20, 22 and
// 24; V8 stops at 4600 whatever it is told).
const BYTECODE_BYTES = 4500

/**
 * For the whole process, and for what has not been optimized yet. A flag cannot be tried: a V8 that lost it would complain on
 * stderr, so that a Node later than those we know is left as it is.
 */
export function inlineMore(): void {
  if (!mayUseInsides()) return
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${BYTECODE_BYTES}`)
}

/**
 * For a process that is a node and nothing else. What clients are made of outlives two collections of new objects, which V8 takes for
 * a reason to make room for more of those, up to 16 MiB and as much again to move them to. Requests leave next to nothing: the room
 * that there is at the start does for any number of clients. An idle connection takes 4.0 KiB rather than 6.4 then (10,000 of them).
 */
export function keepYoungSpaceSmall(): void {
  if (mayUseInsides()) setFlagsFromString('--semi-space-growth-factor=1')
}

// V8's helpers share what a collection does, and are woken for it. Where others take the processors it is they who are waited for:
// of a heap of 10 MB a thread alone moves what stays of the new objects in less than a millisecond, and goes through all in about five.
// Marking bit by bit wakes them most of all.
const BY_HELPERS = [
  'parallel-scavenge',
  'parallel-compaction',
  'parallel-pointer-update',
  'concurrent-array-buffer-sweeping',
  'incremental-marking',
]

/**
 * For a process whose heaps are small, whatever its nodes hold: collections do without helpers. On two cores that thirty threads want,
 * a node that grew by 400 MB stood still for more than 20 ms a third as often (9 times rather than 27).
 */
export function collectUnaided(): void {
  if (!mayUseInsides()) return
  for (const flag of BY_HELPERS) setFlagsFromString(`--no-${flag}`)
}
