import { inMilliseconds } from '../../../net/clock.ts'
import type { Meter as CommandMeter } from '../../../redis/keeper.ts'
import { CommandScanner } from './command-scanner.ts'

const KILOBYTE = 1024
const SECOND_MS = 1_000

/**
 * ElastiCache Processing Units of a serverless cache (guide, "Pricing"): a command costs one for each kilobyte that it moves, and
 * at least one. A server that is a part of the engine tells of each command. Of another one they are counted at the door, where
 * it is not known which reply belongs to which command: replies are set against the commands of the piece that their client sent
 * last. The time that commands take costs nothing here, whatever they do. What is over the limit per second waits for the next
 * second, as it does with Memcached.
 */
export class Meter implements CommandMeter {
  /** ECPUs since the server was started, or taken over. */
  consumed = 0
  commands = 0
  /** Commands that had to wait. */
  throttled = 0
  /** ECPUs a second; infinite without a limit. */
  limit: number
  #spent = 0
  #second = 0
  #isWaiting = false
  readonly #held = new Set<() => void>()

  constructor(limit: number) {
    this.limit = limit
  }

  holds(release: () => void): boolean {
    const now = performance.now()
    if (!this.#isExhausted(now)) return false
    this.#whenNotExhausted(release, now)
    return true
  }

  served(bytes: number, hadToWait: boolean): void {
    this.charge(Math.max(1, bytes / KILOBYTE))
    this.commands++
    if (hadToWait) this.throttled++
  }

  sent(bytes: number): void {
    this.charge(bytes / KILOBYTE)
  }

  /** Of one more client. */
  line(): MeteredLine {
    return new MeteredLine(this)
  }

  /** Notes what has been used. */
  charge(ecpus: number): void {
    this.consumed += ecpus
    this.#spent += ecpus
  }

  /** @param now Milliseconds, of a clock that never jumps. */
  #isExhausted(now: number): boolean {
    const second = Math.floor(now / SECOND_MS)
    // A single costly command may have spent more than there was.
    this.#spent = Math.max(0, this.#spent - (second > this.#second ? this.limit * (second - this.#second) : 0))
    this.#second = second
    return this.#spent >= this.limit
  }

  /** Calls when there may be something left; in the order in which they came. */
  #whenNotExhausted(release: () => void, now: number): void {
    this.#held.add(release)
    if (this.#isWaiting) return
    this.#isWaiting = true
    inMilliseconds(SECOND_MS - (now % SECOND_MS) + 1, () => {
      this.#isWaiting = false
      const held = [...this.#held]
      this.#held.clear()
      for (const each of held) each()
    })
  }
}

/** What one client uses. */
export class MeteredLine {
  readonly #meter: Meter
  readonly #scanner = new CommandScanner()
  /** Bytes of replies that the commands sent last have paid for. */
  #paid = 0

  constructor(meter: Meter) {
    this.#meter = meter
  }

  /** Whether nothing more is to be passed on for now; then `release` is called when there is something left. */
  holds(release: () => void): boolean {
    return this.#meter.holds(release)
  }

  /** Passes on what the client has sent. @param hadToWait Whether it was held. */
  sent(piece: Buffer, hadToWait: boolean): void {
    const sizes = this.#scanner.scan(piece)
    this.#paid = 0
    for (const size of sizes) {
      this.#meter.charge(Math.max(1, size / KILOBYTE))
      this.#paid += Math.max(0, KILOBYTE - size)
    }
    this.#meter.commands += sizes.length
    if (hadToWait) this.#meter.throttled += sizes.length
  }

  /** So many bytes of replies go to the client. */
  replied(bytes: number): void {
    const over = Math.max(0, bytes - this.#paid)
    this.#paid = Math.max(0, this.#paid - bytes)
    if (over > 0) this.#meter.charge(over / KILOBYTE)
  }
}
