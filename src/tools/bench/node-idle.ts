/** Opens connections to a cache node, asks each for something, and keeps them until its parent lets go. */
import net from 'node:net'

const { port, connections }: { port: number; connections: number } = JSON.parse(process.argv[2] ?? '')
const AT_ONCE = 50

const open = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('get nothing\r\n'))
    socket.on('error', reject)
    socket.once('data', () => resolve())
  })

process.on('disconnect', () => process.exit(0))
for (let opened = 0; opened < connections; opened += AT_ONCE) {
  await Promise.all(Array.from({ length: AT_ONCE }, open))
}
process.send?.('open')
