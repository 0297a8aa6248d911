import type { Protocol } from '../net/serve/connection.ts'
import { Client } from './client.ts'
import type { CacheCore } from './core.ts'
import { consumeBinary } from './framing-binary.ts'
import { consumeText } from './framing-text.ts'
import { consumeLogin } from './login.ts'
import type { Login } from './options.ts'

const BINARY_MAGIC = 0x80

/** What the connections of a node share, and the talker of each. */
export const protocolOf = (core: CacheCore, talk: Protocol<Client>['talk']): Protocol<Client> => ({
  replies: core.replies,
  counters: core.counters,
  connections: core.connections,
  talk,
})

/** Speaks Memcached with one client: text, binary, or whichever it begins with. */
export class MemcachedTalker extends Client {
  #protocol: 'unknown' | 'text' | 'binary' = 'unknown'

  override consume(bytes: Buffer, end: number): number {
    const { core } = this
    core.serving = this
    if (core.meter !== undefined) core.meter.begin(this.connection)
    return this.#consume(bytes, end)
  }

  override served(): void {
    const { meter } = this.core
    if (meter !== undefined) meter.end()
  }

  override ended(): void {
    this.forget()
    this.core.watchers?.disconnected(this)
  }

  #consume(bytes: Buffer, end: number): number {
    if (this.#protocol === 'unknown') {
      const { bindingProtocol, binaryEndsConnection, login } = this.core.settings
      if (login !== undefined && !this.admitted) return this.#admit(login, bytes, end)
      if (binaryEndsConnection && bytes[0] === BINARY_MAGIC) {
        this.connection.breakOff()
        return end
      }
      const binary = bindingProtocol === 'auto' ? bytes[0] === BINARY_MAGIC : bindingProtocol === 'binary'
      this.#protocol = binary ? 'binary' : 'text'
    }
    return this.#protocol === 'binary' ? consumeBinary(this, bytes, 0, end) : consumeText(this, bytes, 0, end)
  }

  #admit(login: Login, bytes: Buffer, end: number): number {
    const used = consumeLogin(this, login, bytes, end)
    return this.admitted && used < end ? used + this.#consume(bytes.subarray(used, end), end - used) : used
  }
}
