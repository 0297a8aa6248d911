import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'

const run = promisify(execFile)
const usesGlibc = (() => {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return header?.glibcVersionRuntime !== undefined
})()
const canMount = (() => {
  try {
    execFileSync('unshare', [
      '-rnm',
      'sh',
      '-c',
      'for f in hosts host.conf gai.conf; do mount --bind /etc/$f /etc/$f; done',
    ])
    return true
  } catch {
    return false
  }
})()

const HOSTS = ['172.31.10.77', '2001:db8:1::77', '10.20.9.9', 'fd00:1::77', '127.0.0.1', '2001:db8:2::1', '::1']
const FIVE_DEFAULTS = ['::1/128 50', '::/0 40', '2002::/16 30', '::/96 20', '::ffff:0:0/96 10']
  .map((entry) => `precedence ${entry}\n`)
  .join('')
// Default routes over loopback: every candidate has a source address, and nothing can leave.
const NETWORK = [
  'ip link set lo up',
  'ip addr add 172.31.5.10/20 dev lo',
  'ip -6 addr add 2001:db8:1::10/64 dev lo nodad',
  'ip route add default dev lo',
  'ip -6 route add default dev lo',
]

describe.skipIf(!usesGlibc || !canMount)(
  'getaddrinfo of this machine returns the predicted order (skipped without glibc or mount namespaces)',
  () => {
    test.each([
      ['no policy', '', []],
      ['the cluster in IPv4 first', `${FIVE_DEFAULTS}precedence ::ffff:172.31.0.0/112 100\n`, []],
      ['a label line for the cluster', 'label ::ffff:172.31.0.0/112 8\n', []],
      ['a deprecated source', '', ['ip -6 addr change 2001:db8:1::10/64 dev lo preferred_lft 0']],
      ['no IPv6 but ::1', '', ['ip -6 addr del 2001:db8:1::10/64 dev lo']],
    ])('with %s', async (_, gaiConf, changes) => {
      const folder = mkdtempSync(join(tmpdir(), 'getaddrinfo-'))
      onTestFinished(() => rmSync(folder, { recursive: true }))
      const files = {
        hosts: HOSTS.map((address) => `${address} node.test\n`).join(''),
        'host.conf': 'multi on\n',
        'gai.conf': gaiConf,
      }
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
      const mounts = Object.keys(files).map((name) => `mount --bind "${folder}/${name}" /etc/${name}`)
      const script = fileURLToPath(new URL('./getaddrinfo-in-namespace.ts', import.meta.url))
      const steps = [...NETWORK, ...changes, ...mounts, `"${process.execPath}" --import tsx "${script}"`]
      const { stdout } = await run('unshare', ['-rnm', 'sh', '-c', steps.join(' && ')])
      const { predicted, real } = JSON.parse(stdout) as { predicted: string[]; real: string[] }
      expect(real).toHaveLength(HOSTS.length)
      expect(predicted).toEqual(real)
    })
  },
)
