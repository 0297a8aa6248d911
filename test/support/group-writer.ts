import { RespClient } from '../../src/kv/resp/client.ts'
import { textOf } from '../../src/protocols/resp/reply.ts'

const ANSWER_MS = 5_000
const PAUSE_MS = 2
const READ_AT_ONCE = 1_000

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** A client that writes one key after the other to an endpoint, and remembers which of them were acknowledged. */
export class GroupWriter {
  readonly acknowledged: string[] = []
  readonly #seed: { readonly host: string; readonly port: number }
  #count = 0
  #isWriting = false
  #written: Promise<void> = Promise.resolve()

  constructor(port: number) {
    this.#seed = { host: '127.0.0.1', port }
  }

  begin(): void {
    this.#isWriting = true
    this.#written = this.#write()
  }

  /** Settles when no write is under way any more. */
  async end(): Promise<void> {
    this.#isWriting = false
    await this.#written
  }

  /** Keys that were acknowledged and are not there. */
  async missing(): Promise<string[]> {
    const client = await this.#open()
    const missing: string[] = []
    for (let from = 0; from < this.acknowledged.length; from += READ_AT_ONCE) {
      const keys = this.acknowledged.slice(from, from + READ_AT_ONCE)
      const answers = await client.askAll(keys.map((key) => ({ key, command: ['GET', key] })))
      missing.push(...keys.filter((key, at) => textOf(answers[at]?.reply ?? null) !== key))
    }
    client.close()
    return missing
  }

  async #write(): Promise<void> {
    let client: RespClient | undefined
    while (this.#isWriting) {
      const key = `k${this.#count++}`
      try {
        client ??= await this.#open()
        await client.ask(key, 'SET', key, key)
        this.acknowledged.push(key)
      } catch {
        // No answer, or a refusal while another primary is chosen: the key may be there or not.
        client?.close()
        client = undefined
      }
      await sleep(PAUSE_MS)
    }
    client?.close()
  }

  #open(): Promise<RespClient> {
    return RespClient.open([this.#seed], { timeoutMs: ANSWER_MS })
  }
}
