import type { Socket } from 'node:net'
import type { Clock } from '../net/clock.ts'
import type { Latencies } from './latencies.ts'
import { NotMemcached } from './replies.ts'

/** What all lanes of a run share. */
export interface LaneCounts {
  gets: number
  sets: number
  misses: number
  /** Requests that a node refused, as when its memory is full. */
  refused: number
  readonly latencies: Latencies
}

/** The next request to send; undefined: the run is over. */
export type NextRequest = () => { readonly bytes: string | Buffer; readonly isSet: boolean } | undefined

const LF = 10
const [E, S, V] = [69, 83, 86]
const END_N = 78

/**
 * One connection under load. Plain, because the load must cost less than what it measures: no promise, no timer and no
 * text per reply (measured: five times the requests of a general client).
 */
export class Lane {
  readonly #socket: Socket
  readonly #counts: LaneCounts
  readonly #clock: Clock
  readonly #next: NextRequest
  readonly #sentAt: number[] = []
  readonly #done: () => void
  readonly #failed: (error: Error) => void
  #hit = false
  /** Bytes of a value still to come, its CR LF among them. */
  #skip = 0
  #rest: Buffer = Buffer.alloc(0)
  #over = false

  private constructor(
    socket: Socket,
    counts: LaneCounts,
    clock: Clock,
    next: NextRequest,
    done: () => void,
    failed: (error: Error) => void,
  ) {
    this.#socket = socket
    this.#counts = counts
    this.#clock = clock
    this.#next = next
    this.#done = done
    this.#failed = failed
  }

  /** Keeps `pipeline` requests on their way until `next` has none left and all are answered. */
  static run(socket: Socket, counts: LaneCounts, clock: Clock, pipeline: number, next: NextRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      const lane = new Lane(socket, counts, clock, next, resolve, reject)
      socket.on('data', (bytes: Buffer) => lane.#receive(bytes))
      socket.on('error', reject)
      socket.on('close', () => reject(new Error('a node closed a connection during the run')))
      lane.#send(pipeline)
    })
  }

  #send(count: number): void {
    const requests: (string | Buffer)[] = []
    for (let i = 0; i < count && !this.#over; i++) {
      const request = this.#next()
      if (request === undefined) this.#over = true
      else {
        if (request.isSet) this.#counts.sets++
        else this.#counts.gets++
        requests.push(request.bytes)
      }
    }
    const now = this.#clock.monotonicMs()
    for (let i = 0; i < requests.length; i++) this.#sentAt.push(now)
    if (requests.length > 1) this.#socket.write(Buffer.concat(requests.map((each) => Buffer.from(each))))
    else if (requests[0] !== undefined) this.#socket.write(requests[0])
    else if (this.#sentAt.length === 0) this.#done()
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    let answered = 0
    while (at < bytes.length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, bytes.length - at)
        this.#skip -= skipped
        at += skipped
        continue
      }
      const end = bytes.indexOf(LF, at)
      if (end < 0) break
      if (this.#readLine(bytes, at, end)) answered++
      at = end + 1
    }
    this.#rest = bytes.subarray(at)
    this.#finish(answered)
  }

  /** Whether the line ends an answer. */
  #readLine(bytes: Buffer, at: number, end: number): boolean {
    const first = bytes[at]
    if (first === V) {
      this.#hit = true
      this.#skip = valueLength(bytes, end) + 2
      return false
    }
    const isEnd = first === E && bytes[at + 1] === END_N
    if (isEnd) {
      if (!this.#hit) this.#counts.misses++
      this.#hit = false
    } else if (first !== S || bytes[at + 1] === E) {
      const line = bytes.toString('latin1', at, end)
      if (/^(ERROR|CLIENT_ERROR|SERVER_ERROR)/.test(line)) this.#counts.refused++
      else this.#failed(new NotMemcached(`not an answer of Memcached: ${JSON.stringify(line.slice(0, 80))}`))
    }
    return true
  }

  #finish(answered: number): void {
    if (answered === 0) return
    const now = this.#clock.monotonicMs()
    for (const sent of this.#sentAt.splice(0, answered)) this.#counts.latencies.add(now - sent)
    this.#send(answered)
  }
}

/** The number at the end of a VALUE line. */
function valueLength(bytes: Buffer, end: number): number {
  let length = 0
  let factor = 1
  for (let at = end - 2; at >= 0; at--) {
    const digit = (bytes[at] ?? 0) - 48
    if (digit < 0 || digit > 9) break
    length += digit * factor
    factor *= 10
  }
  return length
}
