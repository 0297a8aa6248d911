import { connect } from 'node:net'
import { systemClock } from './clock.ts'
import type { PlainDial } from './first-words.ts'

/** How many clients a Memcached node has, and how many it takes. Undefined where it does not say. Never rejects. */
export function askLoad(dial: PlainDial): Promise<{ connections: number; maxConnections: number } | undefined> {
  const { address, port, timeoutMs = 2000, clock = systemClock } = dial
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, autoSelectFamily: false })
    let text = ''
    const settle = (): void => {
      cancel()
      socket.destroy()
      const number = (name: string): number =>
        Number(new RegExp(`^STAT ${name} (\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN)
      const [connections, maxConnections] = [number('curr_connections'), number('max_connections')]
      resolve(Number.isNaN(connections + maxConnections) ? undefined : { connections, maxConnections })
    }
    const cancel = clock.after(timeoutMs, settle)
    socket.on('error', settle)
    socket.on('close', settle)
    socket.once('connect', () => socket.write('stats\r\n'))
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (/^(END|ERROR.*)\r?\n/m.test(text)) settle()
    })
  })
}
