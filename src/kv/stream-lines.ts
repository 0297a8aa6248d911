import type { Socket } from 'node:net'

/** What is beyond it of a line is dropped: values of any size stand in some. */
const MOST_OF_A_LINE = 16_384

/** Lines as they come, in latin1, without their ends, until the other side ends or the signal aborts; then the socket is gone. */
export async function* streamLines(socket: Socket, signal: AbortSignal): AsyncGenerator<string> {
  const end = () => socket.destroy()
  signal.addEventListener('abort', end)
  let rest = ''
  try {
    for await (const piece of socket) {
      const bytes: Buffer = piece
      const [first = '', ...more] = bytes.toString('latin1').split('\n')
      const lines = [rest + first, ...more]
      rest = (lines.pop() ?? '').slice(0, MOST_OF_A_LINE)
      for (const line of lines) {
        if (signal.aborted) return
        yield line.replace(/\r$/, '').slice(0, MOST_OF_A_LINE)
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', end)
    socket.destroy()
  }
}
