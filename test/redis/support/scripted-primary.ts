import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { ReplyDecoder } from '../../../src/protocols/resp/decode.ts'
import { itemsOf, textOf } from '../../../src/protocols/resp/reply.ts'
import { eventually } from '../../support/eventually.ts'

type AtEnd = (work: () => Promise<void>) => void

/** Plays a primary: it greets replicas, and answers PSYNC with what a test says. */
export interface ScriptedPrimary {
  readonly port: number
  /** What replicas have said, a command a line. */
  readonly said: string[]
  /** Sends bytes to the replica that came last. */
  send(bytes: string | Buffer): void
  hangUp(): void
  /** Waits until a replica has asked for the n-th time. */
  asked(times: number): Promise<void>
}

export async function startScriptedPrimary(atEnd: AtEnd): Promise<ScriptedPrimary> {
  const said: string[] = []
  const sockets = new Set<Socket>()
  let last: Socket | undefined
  const server = createServer((socket) => {
    sockets.add(socket)
    last = socket
    const decoder = new ReplyDecoder()
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      decoder.push(Buffer.from(bytes.toString('latin1').replace(/^\n+/, ''), 'latin1'))
      for (let words = decoder.next(); words !== undefined; words = decoder.next()) {
        const line = itemsOf(words).map(textOf).join(' ')
        said.push(line)
        if (line === 'PING') socket.write('+PONG\r\n')
        else if (/^(AUTH|REPLCONF (?!ACK))/.test(line)) socket.write('+OK\r\n')
      }
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  atEnd(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    said,
    send: (bytes) => last?.write(bytes),
    hangUp: () => last?.destroy(),
    asked: (times) =>
      eventually(
        `a replica has asked ${times} times`,
        () => said.filter((line) => line.startsWith('PSYNC')).length >= times,
      ),
  }
}
