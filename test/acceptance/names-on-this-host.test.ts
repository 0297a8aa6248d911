import { execFile, execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from '../support/engine.ts'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../..', import.meta.url))
const canMount = (() => {
  try {
    execFileSync('unshare', ['-rnm', 'sh', '-ec', 'ip link set lo up && mount --bind /etc/hosts /etc/hosts'], {
      stdio: 'ignore',
    })
    return true
  } catch {
    return false
  }
})()

/** A client of Auto Discovery as its readme shows it, with nothing of cachectl but the name of the endpoint. */
const CLIENT = `
const Memcached = require('memcached-elasticache')
const client = new Memcached(process.argv[2] + ':11211', { autoDiscover: true })
// Until it has heard of all nodes, it looks for a key elsewhere than it has put it.
const again = () => setTimeout(attempt, 100)
const attempt = () => client.set('greeting', 'hello', 60, (refused) => refused ? again() : client.get('greeting', (error, value) => {
  if (value === undefined) return again()
  console.log(JSON.stringify({ value }))
  process.exit()
}))
attempt()
`

const STEPS = `
ip link set lo up
mount --bind "$FOLDER/hosts" /etc/hosts
mount --bind "$FOLDER/resolv.conf" /etc/resolv.conf
cachectl() { "$NODE" "$REPOSITORY/bin/run.js" "$@"; }
cachectl engine start --port 0 --endpoints "$WAY" --dns-port 53 > /dev/null
cachectl create-cache-cluster --cache-cluster-id shop --engine memcached --cache-node-type cache.t4g.small --num-cache-nodes 2 --wait > /dev/null
NAME=$(cachectl describe-cache-clusters --query 'CacheClusters[0].ConfigurationEndpoint.Address' --output text)
cd "$REPOSITORY"
"$NODE" - "$NAME" < "$FOLDER/client.cjs" || true
cachectl engine dns status --output json
cachectl engine stop > /dev/null
cat /etc/hosts
`

/** In a network and with files of its own: port 53 is free there, and nothing leaves. */
async function withNames(way: 'dns' | 'hosts', resolv: string) {
  const folder = temporaryDirectory()
  const home = temporaryDirectory()
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  writeFileSync(join(folder, 'hosts'), '127.0.0.1 localhost\n')
  writeFileSync(join(folder, 'resolv.conf'), resolv)
  writeFileSync(join(folder, 'client.cjs'), CLIENT)
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    CACHECTL_HOME: home,
    FOLDER: folder,
    REPOSITORY: repository,
    NODE: process.execPath,
    WAY: way,
  }
  const { stdout } = await run('unshare', ['-rnm', 'sh', '-ec', STEPS], { env, timeout: 120_000 })
  const [answer = '', ...rest] = stdout.split('\n')
  const [status = '', hosts] = rest.join('\n').split(/(?<=^\})\n/m)
  return { answer: JSON.parse(answer), status: JSON.parse(status), hosts }
}

describe.skipIf(!canMount)(
  'a client with the name of a configuration endpoint (skipped without network and mount namespaces)',
  () => {
    test('finds the nodes where the host asks the name server of the engine', async () => {
      const { answer, status } = await withNames('dns', 'nameserver 127.0.0.1\n')
      expect(answer).toEqual({ value: 'hello' })
      expect(status).toMatchObject({ server: { port: 53 }, found: true, hosts: null })
    })

    test('finds them by the hosts file, which is as before when the engine has ended', async () => {
      const { answer, status, hosts } = await withNames('hosts', 'nameserver 127.0.0.2\n')
      expect(answer).toEqual({ value: 'hello' })
      expect(status).toMatchObject({ found: true, hosts: { file: '/etc/hosts', trouble: null } })
      expect(hosts).toBe('127.0.0.1 localhost\n')
    })
  },
)
