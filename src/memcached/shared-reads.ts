import net from 'node:net'

// Reading every connection into one buffer saves an allocation per read, a third of the cost of a small request
// (measured: +35-60 % requests per second without pipelining). Node offers it to clients only (`onread`); for an
// accepted connection its handle is wrapped in a socket again. `_handle` is private, but the same in Node 20, 22 and
// 24; without it, 'data' events do.

const READ_BYTES = 64 * 1024
const buffer = Buffer.allocUnsafeSlow(READ_BYTES)

/**
 * A socket for the accepted connection that hands what it reads to `receive`, in a buffer that is valid during the
 * call only. Answers undefined, and leaves the socket alone, where this Node can't.
 */
export function rewrap(accepted: net.Socket, receive: (length: number, bytes: Buffer) => void): net.Socket | undefined {
  const handle: unknown = Reflect.get(accepted, '_handle')
  if (typeof handle !== 'object' || handle === null || !('useUserBuffer' in handle)) return undefined
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
  const handle: unknown = Reflect.get(secure, '_handle')
  const [kBuffer, kBufferCb] = ['kBuffer', 'kBufferCb'].map((name) =>
    Object.getOwnPropertySymbols(secure).find(({ description }) => description === name),
  )
  if (kBuffer === undefined || kBufferCb === undefined || secure.readableLength > 0) return false
  if (typeof handle !== 'object' || handle === null || !('useUserBuffer' in handle)) return false
  Reflect.set(secure, kBuffer, buffer)
  Reflect.set(secure, kBufferCb, (length: number) => {
    receive(length, buffer)
    return true
  })
  ;(handle.useUserBuffer as (buffer: Buffer) => void).call(handle, buffer)
  return true
}
