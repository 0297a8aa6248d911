import { connect } from 'node:net'

/** Sends bytes to a node and returns all it answers until the answer ends with `until`. */
export function ask(port: number, request: string, until = 'END\r\n', host = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    let answer = ''
    socket.setTimeout(5_000, () =>
      socket.destroy(new Error(`no end of the answer to ${JSON.stringify(request)}: ${answer}`)),
    )
    socket.on('connect', () => socket.write(request))
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      if (answer.endsWith(until)) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}
