import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { parseProcNetTcp, tcpSockets } from '../../src/diagnose/sockets.ts'
import { openPort } from './loopback.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'

test('addresses of /proc/net/tcp are read in the order of the machine', () => {
  const row = '   0: 0100007F:2BCB 4D0A1FAC:1F90 06 00000000:00000000 00:00000000 00000000    33        0 4711 1\n'
  expect(parseProcNetTcp(HEAD + row, 'LE')).toEqual([
    {
      localAddress: '127.0.0.1',
      localPort: 11211,
      remoteAddress: '172.31.10.77',
      remotePort: 8080,
      family: 4,
      state: 'TIME-WAIT',
      uid: 33,
      inode: '4711',
    },
  ])
})

test('sockets of dual-stack programs count as IPv4, and IPv6 is written short', () => {
  const rest = '01 00000000:00000000 00:00000000 00000000 0 0 1 1\n'
  const mapped = `0: 0000000000000000FFFF00000100007F:0001 B80D0120000000000000000077000000:2BCB ${rest}`
  const [socket] = parseProcNetTcp(HEAD + mapped, 'LE')
  expect(socket).toMatchObject({
    localAddress: '127.0.0.1',
    remoteAddress: '2001:db8::77',
    remotePort: 11211,
    family: 6,
  })
})

test.skipIf(process.platform !== 'linux')('an open connection is among the sockets of this host', async () => {
  const port = await openPort()
  const socket = connect({ host: '127.0.0.1', port })
  onTestFinished(() => void socket.destroy())
  await new Promise((resolve) => socket.once('connect', resolve))
  const own = (await tcpSockets()).filter(({ remotePort }) => remotePort === port)
  expect(own).toMatchObject([{ remoteAddress: '127.0.0.1', localPort: socket.localPort, state: 'ESTABLISHED' }])
})
