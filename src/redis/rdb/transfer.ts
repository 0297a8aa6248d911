import { connect } from 'node:net'
import { ReplyDecoder } from '../../protocols/resp/decode.ts'
import { type Command, encodeCommand } from '../../protocols/resp/encode.ts'
import { isError, isPush, type Reply } from '../../protocols/resp/reply.ts'

/** What another server has answered: an error for each command that it refused; or at what it could not be reached. */
export type Answered =
  | { readonly refusals: readonly (string | undefined)[] }
  | { readonly failedAt: 'connecting' | 'writing' | 'reading' }

// Names that nobody knows: the server has not been reached, and never will be.
const UNKNOWN_NAME = new Set(['ENOTFOUND', 'EAI_AGAIN'])

/** Sends commands to another server, on a connection of their own. @param timeout Milliseconds in which something has to happen. */
export function tell(host: string, port: number, timeout: number, commands: readonly Command[]): Promise<Answered> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true })
    const decoder = new ReplyDecoder()
    const refusals: (string | undefined)[] = []
    let stage: 'connecting' | 'writing' | 'reading' = 'connecting'
    const end = (answered: Answered): void => {
      socket.destroy()
      resolve(answered)
    }
    socket.setTimeout(timeout, () => end({ failedAt: stage }))
    socket.on('connect', () => {
      stage = 'writing'
      socket.write(Buffer.concat(commands.map(encodeCommand)), () => {
        stage = 'reading'
      })
    })
    socket.on('data', (piece: Buffer) => {
      try {
        decoder.push(piece)
        for (let reply = decoder.next(); reply !== undefined; reply = decoder.next())
          if (!isPush(reply)) refusals.push(refusalIn(reply))
      } catch {
        end({ failedAt: 'reading' })
        return
      }
      if (refusals.length >= commands.length) end({ refusals })
    })
    // As a server tells it, which finds out when it writes.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end({ failedAt: stage === 'connecting' && !UNKNOWN_NAME.has(error.code ?? '') ? 'writing' : stage }),
    )
    socket.on('close', () => end({ failedAt: stage }))
  })
}

const refusalIn = (reply: Reply): string | undefined =>
  isError(reply) ? [reply.code, reply.text].filter(Boolean).join(' ') : undefined
