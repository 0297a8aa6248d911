import { execFile, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { ConnectAttempt } from '../../src/diagnose/connect.ts'

const run = promisify(execFile)
const SETUP = [
  'ip link set lo up',
  'ip route add unreachable 10.8.0.0/24',
  'ip route add prohibit 10.8.1.0/24',
  'ip route add blackhole 10.8.2.0/24',
  'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6',
  'echo "40000 40004" > /proc/sys/net/ipv4/ip_local_port_range',
]

const canMakeNamespaces = (() => {
  try {
    execFileSync('unshare', ['-rn', 'sh', '-c', SETUP.join(' && ')], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

test.skipIf(!canMakeNamespaces)(
  'faults of the routing table, of the families and of the ports are named (skipped without network namespaces)',
  async () => {
    const script = fileURLToPath(new URL('./faults-in-namespace.ts', import.meta.url))
    const inside = `${SETUP.join(' && ')} && exec "${process.execPath}" --import tsx "${script}"`
    const { stdout } = await run('unshare', ['-rn', 'sh', '-c', inside])
    const attempts = JSON.parse(stdout) as Record<string, ConnectAttempt>
    expect(attempts).toMatchObject({
      unreachable: { outcome: 'unreachable', code: 'EHOSTUNREACH', local: true },
      prohibited: { outcome: 'prohibited', code: 'EACCES', local: true },
      blackhole: { outcome: 'local-error', code: 'EINVAL', local: true },
      'no route': { outcome: 'unreachable', code: 'ENETUNREACH', local: true },
      'IPv6 switched off': { outcome: 'no-source-address', code: 'EADDRNOTAVAIL', local: true },
      'before the ports run out': { outcome: 'connected' },
      'after the ports ran out': { outcome: 'ports-exhausted', code: 'EADDRNOTAVAIL', local: true },
    })
  },
)
