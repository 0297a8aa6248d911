import type { Socket } from 'node:net'
import type { Clock } from '../net/clock.ts'
import type { Latencies } from './latencies.ts'

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

/** How far a lane is in reading an answer. */
export interface Reading {
  /** Bytes of a value still to come, its CR LF among them. */
  skip: number
  /** The answer that is being read holds a value. */
  hit: boolean
}

/**
 * Reads a line of an answer, from `at` up to the line feed at `end`: counts what it tells and says what is to be skipped. Whether
 * the answer ends with it, or with what is skipped. @throws for what is no answer of the protocol.
 */
export type ReadLine = (bytes: Buffer, at: number, end: number, counts: LaneCounts, reading: Reading) => boolean

const LF = 10

/**
 * One connection under load. Plain, because the load must cost less than what it measures: no promise, no timer and no
 * text per reply (measured: five times the requests of a general client).
 */
export class Lane {
  readonly #socket: Socket
  readonly #counts: LaneCounts
  readonly #clock: Clock
  readonly #next: NextRequest
  readonly #readLine: ReadLine
  readonly #sentAt: number[] = []
  readonly #done: () => void
  readonly #failed: (error: Error) => void
  readonly #reading: Reading = { skip: 0, hit: false }
  #rest: Buffer = Buffer.alloc(0)
  #over = false

  private constructor(
    socket: Socket,
    counts: LaneCounts,
    clock: Clock,
    next: NextRequest,
    readLine: ReadLine,
    done: () => void,
    failed: (error: Error) => void,
  ) {
    this.#socket = socket
    this.#counts = counts
    this.#clock = clock
    this.#next = next
    this.#readLine = readLine
    this.#done = done
    this.#failed = failed
  }

  /** Keeps `pipeline` requests on their way until `next` has none left and all are answered. */
  static run(
    socket: Socket,
    counts: LaneCounts,
    clock: Clock,
    pipeline: number,
    next: NextRequest,
    readLine: ReadLine,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const lane = new Lane(socket, counts, clock, next, readLine, resolve, reject)
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
    try {
      while (at < bytes.length) {
        const { skip } = this.#reading
        if (skip > 0) {
          const skipped = Math.min(skip, bytes.length - at)
          this.#reading.skip -= skipped
          at += skipped
          continue
        }
        const end = bytes.indexOf(LF, at)
        if (end < 0) break
        if (this.#readLine(bytes, at, end, this.#counts, this.#reading)) answered++
        at = end + 1
      }
    } catch (error) {
      this.#failed(error as Error) // a reader throws errors only
      return
    }
    this.#rest = bytes.subarray(at)
    this.#finish(answered)
  }

  #finish(answered: number): void {
    if (answered === 0) return
    const now = this.#clock.monotonicMs()
    for (const sent of this.#sentAt.splice(0, answered)) this.#counts.latencies.add(now - sent)
    this.#send(answered)
  }
}
