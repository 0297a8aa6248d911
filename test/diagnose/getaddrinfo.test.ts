import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Outcome, Plan } from './getaddrinfo-in-namespace.ts'

const run = promisify(execFile)
const usesGlibc = (() => {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return header?.glibcVersionRuntime !== undefined
})()
const canMount = (() => {
  try {
    const attempt =
      'ip link add v0 type veth peer name v1 && for f in hosts host.conf gai.conf; do mount --bind /etc/$f /etc/$f; done'
    execFileSync('unshare', ['-rnm', 'sh', '-ec', attempt], { stdio: 'ignore' })
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
/** A long run: GETADDRINFO_CASES=100000 npx vitest run ... test/diagnose/getaddrinfo.test.ts */
const CASES = Number(process.env.GETADDRINFO_CASES ?? 3000)
const SEED = Number(process.env.GETADDRINFO_SEED ?? 1)
const POLICIES = 12
const NAMES = 25

async function ask(plan: Omit<Plan, 'folder'>): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'getaddrinfo-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const files = { hosts: '', 'host.conf': 'multi on\n', 'gai.conf': plan.given?.gaiConf ?? '' }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const mounts = Object.keys(files).map((name) => `mount --bind "${folder}/${name}" /etc/${name}`)
  const script = fileURLToPath(new URL('./getaddrinfo-in-namespace.ts', import.meta.url))
  const steps = [...mounts, `exec "${process.execPath}" --import tsx "${script}" "$0"`]
  const words = ['-rnm', 'sh', '-c', steps.join(' && '), JSON.stringify({ ...plan, folder })]
  return JSON.parse((await run('unshare', words, { maxBuffer: 1 << 28 })).stdout)
}

describe.skipIf(!usesGlibc || !canMount)(
  'getaddrinfo of this machine returns the predicted order (skipped without glibc or network and mount namespaces)',
  () => {
    test.each([
      ['no policy', '', []],
      ['the cluster in IPv4 first', `${FIVE_DEFAULTS}precedence ::ffff:172.31.0.0/112 100\n`, []],
      ['a label line for the cluster', 'label ::ffff:172.31.0.0/112 8\n', []],
      ['a deprecated source', '', ['ip -6 addr change 2001:db8:1::10/64 dev lo preferred_lft 0']],
      ['no IPv6 but ::1', '', ['ip -6 addr del 2001:db8:1::10/64 dev lo']],
    ])('with %s', async (_, gaiConf, changes) => {
      const commands = [...NETWORK, ...changes]
      const outcome = await ask({ given: { commands, gaiConf, candidates: HOSTS } })
      expect(outcome).toEqual({ cases: 1, differences: [] })
    })

    test(`on random hosts, under random policies, for ${CASES} names`, { timeout: 20_000 + CASES * 10 }, async () => {
      const hosts = Math.ceil(CASES / POLICIES / NAMES)
      const outcome = await ask({ random: { seed: SEED, hosts, policies: POLICIES, names: NAMES } })
      expect(outcome.cases).toBe(hosts * POLICIES * NAMES)
      expect(outcome.differences.slice(0, 3)).toEqual([])
    })
  },
)
