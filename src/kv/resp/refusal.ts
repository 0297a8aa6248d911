import { errorCode } from '../../api/thrown.ts'
import type { Command } from '../../protocols/resp/encode.ts'
import type { ReplyError } from '../../protocols/resp/reply.ts'

/** A server said no. */
export class RespRefusal extends Error {
  override readonly name = 'RespRefusal'
  /** `WRONGTYPE`, `NOPERM`, `ERR`. */
  readonly code: string
  /** What the server said after it. */
  readonly text: string
  /** host:port of the server. */
  readonly node: string
  /** The command and its first argument, mostly the key; values are not told. */
  readonly said: readonly string[]

  constructor(node: string, { code, text }: ReplyError, command: Command = []) {
    super(`${node}: ${[code, text].filter((part) => part !== '').join(' ')}`)
    this.code = code === '' ? 'ERR' : code
    this.text = text
    this.node = node
    this.said = command.slice(0, 2).map(String)
  }
}

/** A server told of another, which cannot be reached. */
export class LostNode extends Error {
  override readonly name = 'LostNode'
  readonly code: string | undefined

  /** `told`: `127.0.0.1:7000 says that slot 42 is on 10.0.0.9:6379`. */
  constructor(told: string, cause: Error) {
    super(`${told}, which cannot be reached: ${cause.message}`, { cause })
    this.code = errorCode(cause)
  }
}

/** Servers that cannot be used together. */
export class NoCluster extends Error {
  override readonly name = 'NoCluster'
}

/** Servers send a client from one to the other and back. */
export class TooManyRedirects extends Error {
  override readonly name = 'TooManyRedirects'
}
