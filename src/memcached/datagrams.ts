import dgram from 'node:dgram'
import type { Socket } from 'node:net'
import { Connection, type Protocol } from '../net/serve/connection.ts'
import type { ListenAddress } from '../net/serve/listener.ts'
import type { Client } from './client.ts'
import type { CacheCore } from './core.ts'
import { MemcachedTalker, protocolOf } from './talker.ts'

// protocol.txt, "UDP protocol": eight bytes before each datagram (request id, number of this one, how many there are,
// zero), each two bytes.
const HEADER_BYTES = 8
const REQUEST_ID = 0
const NUMBER = 2
const COUNT = 4
/** Bytes of a datagram with its header: memcached's UDP_MAX_PAYLOAD_SIZE. */
const MOST_BYTES = 1400
const PART_BYTES = MOST_BYTES - HEADER_BYTES
const SEVERAL_REFUSED = Buffer.from('SERVER_ERROR multi-packet request not supported\r\n')

/** A port that serves requests in datagrams, one or more whole ones in each. Nothing of ElastiCache's: nodes there have none. */
export class Datagrams {
  readonly address: ListenAddress
  readonly #protocol: Protocol<Client>
  readonly #socket: dgram.Socket

  private constructor(core: CacheCore, socket: dgram.Socket, address: ListenAddress) {
    this.#protocol = protocolOf(core, (connection) => new MemcachedTalker(core, connection, 0))
    this.#socket = socket
    this.address = address
    socket.on('message', (datagram, from) => this.#answer(datagram, from))
    socket.on('error', () => undefined) // an answer that can't be sent concerns that one client only
  }

  /** Rejects with the ErrnoException (EADDRINUSE ...). */
  static async open(core: CacheCore, { host, port }: ListenAddress): Promise<Datagrams> {
    const socket = host.includes(':')
      ? dgram.createSocket({ type: 'udp6', ipv6Only: true })
      : dgram.createSocket('udp4')
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ port, address: host, exclusive: true }, () => {
        socket.off('error', reject)
        resolve()
      })
    })
    return new Datagrams(core, socket, { host, port: socket.address().port })
  }

  close(): void {
    this.#socket.close()
  }

  #answer(datagram: Buffer, { address, port }: dgram.RemoteInfo): void {
    if (datagram.length <= HEADER_BYTES) return
    const several = datagram.readUInt16BE(COUNT) !== 1
    const answer = several ? SEVERAL_REFUSED : this.#serve(datagram.subarray(HEADER_BYTES))
    const count = Math.ceil(answer.length / PART_BYTES)
    for (let number = 0; number < count; number++) {
      const part = answer.subarray(number * PART_BYTES, (number + 1) * PART_BYTES)
      const header = Buffer.alloc(HEADER_BYTES)
      header.writeUInt16BE(datagram.readUInt16BE(REQUEST_ID), REQUEST_ID)
      header.writeUInt16BE(number, NUMBER)
      header.writeUInt16BE(count, COUNT)
      this.#socket.send([header, part], port, address)
    }
  }

  #serve(requests: Buffer): Buffer {
    const answers = new Answers()
    // It stands for the few members of a socket that a connection without a handle uses.
    const connection = new Connection(this.#protocol, answers as unknown as Socket, true)
    connection.receive(requests, requests.length)
    // It may have been asked to let others go first; a datagram's client is not there to come back to later.
    while (connection.congested) connection.resume()
    connection.talker.forget()
    return Buffer.concat(answers.parts)
  }
}

/** Gathers what would be written to a socket. */
class Answers {
  readonly parts: Buffer[] = []
  readonly writableLength = 0
  readonly destroyed = false

  write(bytes: Buffer): boolean {
    this.parts.push(bytes)
    return true
  }

  // A request that ends a connection ends nothing here; one that holds it back is made to go on at once.
  destroySoon(): void {}
  destroy(): void {}
  end(): void {}
  pause(): void {}
  resume(): void {}
}
