import { createSocket } from 'node:dgram'
import { isIP } from 'node:net'
import { errorCode } from '../api/thrown.ts'

export type SourceAddress = { readonly address: string } | { readonly code: string }

/**
 * Which of this host's addresses the kernel would send from, or why it can't. Connecting a UDP socket sends no packet:
 * it only looks the route up, as glibc does when it sorts addresses (getaddrinfo.c). Never rejects.
 */
export function sourceAddressFor(destination: string, port = 65535): Promise<SourceAddress> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(destination) === 6 ? 'udp6' : 'udp4')
    const settle = (result: SourceAddress): void => {
      socket.removeAllListeners()
      socket.on('error', () => {})
      socket.close()
      resolve(result)
    }
    socket.on('error', (error: NodeJS.ErrnoException) => settle({ code: error.code ?? 'UNKNOWN' }))
    try {
      // Node hands a failed connect to this callback; @types/node declares it without an argument.
      const connected = (error?: NodeJS.ErrnoException): void =>
        settle(error ? { code: error.code ?? 'UNKNOWN' } : { address: socket.address().address })
      socket.connect(port, destination, connected)
    } catch (error) {
      settle({ code: errorCode(error) ?? 'UNKNOWN' })
    }
  })
}
