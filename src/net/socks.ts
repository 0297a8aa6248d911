/** SOCKS version 5 (RFC 1928), of a proxy that asks for no login, as `ssh -D` is. */
import { connect, type Socket } from 'node:net'

const VERSION = 5
const NO_LOGIN = 0
const CONNECT = 1
const DOMAIN = 3
/** Of the reply, by the type of its address: version, reply, reserved, type, address, port. */
const REPLY_BYTES: Readonly<Record<number, number>> = { 1: 10, 4: 22 }
const REASONS: Readonly<Record<number, string>> = {
  1: 'the other end could not connect',
  2: 'the other end does not allow it',
  3: 'the network is unreachable from the other end',
  4: 'the host is unreachable from the other end',
  5: 'it refuses connections from the other end',
}

export interface Through {
  readonly proxy: { readonly host: string; readonly port: number }
  readonly host: string
  readonly port: number
}

/** A connection that a proxy makes. Rejects with the system's error, or with the proxy's reason. */
export function connectThrough({ proxy, host, port }: Through): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...proxy, allowHalfOpen: true })
    let received = Buffer.alloc(0)
    let isAsked = false
    const fail = (error: Error) => {
      socket.destroy()
      reject(error)
    }
    const closed = () => fail(new Error('the tunnel was closed'))
    socket.once('error', fail)
    socket.once('close', closed)
    socket.once('connect', () => socket.write(Buffer.from([VERSION, 1, NO_LOGIN])))
    socket.on('data', (piece: Buffer) => {
      received = Buffer.concat([received, piece])
      if (!isAsked) {
        if (received.length < 2) return
        if (received[1] !== NO_LOGIN) return fail(new Error('the proxy asks for a login'))
        received = received.subarray(2)
        isAsked = true
        socket.write(request(host, port))
      }
      const size = REPLY_BYTES[received[3] ?? 0] ?? (received[3] === DOMAIN ? 7 + (received[4] ?? 0) : undefined)
      if (received.length < 5 || size === undefined || received.length < size) return
      const code = received[1] ?? 1
      if (code !== 0) return fail(new Error(REASONS[code] ?? `the other end answered ${code}`))
      socket.removeAllListeners('data').removeAllListeners('close').removeAllListeners('error')
      socket.pause()
      if (received.length > size) socket.unshift(received.subarray(size))
      resolve(socket)
    })
  })
}

function request(host: string, port: number): Buffer {
  const name = Buffer.from(host)
  return Buffer.from([VERSION, CONNECT, 0, DOMAIN, name.length, ...name, port >> 8, port & 0xff])
}
