/** A server that speaks RESP and says what a test wants. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { onTestFinished } from 'vitest'
import { ReplyDecoder } from '../../src/protocols/resp/decode.ts'
import { itemsOf, textOf } from '../../src/protocols/resp/reply.ts'

/** `answer` gets the words of each command, and tells the bytes of the reply: none, when it keeps silent. Answers the port. */
export async function scriptedResp(answer: (words: readonly string[], port: number) => string): Promise<number> {
  const server = createServer((socket) => {
    const decoder = new ReplyDecoder()
    socket.on('error', () => undefined)
    const say = (words: readonly string[]) => socket.write(answer(words, (server.address() as AddressInfo).port)) // it listens on TCP
    socket.on('data', (piece: Buffer) => {
      // As it is typed, for who has no RESP.
      if (piece.at(0) !== 0x2a) return say(piece.toString().trim().split(' '))
      decoder.push(piece)
      for (let command = decoder.next(); command !== undefined; command = decoder.next()) {
        say(itemsOf(command).map(textOf))
      }
    })
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port // as above
}
