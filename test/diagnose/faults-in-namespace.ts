// Run by faults.test.ts inside a network namespace of its own, where routes and sysctls are broken on purpose.
import { type AddressInfo, connect, createServer } from 'node:net'
import { attemptConnect } from '../../src/diagnose/connect.ts'

const server = createServer(() => {})
await new Promise<void>((resolve) => server.listen(40_001, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
const loopback = { address: '127.0.0.1', port }

const attempts: Record<string, unknown> = {
  unreachable: await attemptConnect({ address: '10.8.0.1', port }),
  prohibited: await attemptConnect({ address: '10.8.1.1', port }),
  blackhole: await attemptConnect({ address: '10.8.2.1', port }),
  'no route': await attemptConnect({ address: '192.0.2.1', port }),
  'IPv6 switched off': await attemptConnect({ address: '2001:db8::1', port }),
  'before the ports run out': await attemptConnect(loopback),
}
// Ten for a range of five: the last ones fail.
await Promise.all(
  Array.from({ length: 10 }, () => {
    const socket = connect({ host: loopback.address, port })
    return new Promise<void>((resolve) => socket.on('connect', resolve).on('error', () => resolve()))
  }),
)
attempts['after the ports ran out'] = await attemptConnect(loopback)
process.stdout.write(JSON.stringify(attempts), () => process.exit(0))
