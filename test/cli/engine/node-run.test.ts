import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CERTIFICATE_ONE, CERTIFICATE_TWO } from '../../memcached/support/certificates.ts'
import { eventually } from '../../support/eventually.ts'
import { MemcachedClient } from '../../support/memcached-client.ts'
import { bareEnvironment, cachectl } from '../support/cli.ts'

const launcher = new URL('../../../bin/run.js', import.meta.url).pathname

interface Running {
  readonly child: ChildProcess
  /** As printed: host:port, one for each address. */
  readonly addresses: readonly string[]
  readonly port: number
  readonly ended: Promise<number | null>
  stderr(): string
}

/** `cachectl node run` once it has said where it listens; killed when the test is over. */
async function nodeRun(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Running> {
  const child = spawn(process.execPath, [launcher, 'node', 'run', ...args], { env: { ...bareEnvironment(), ...env } })
  onTestFinished(() => void child.kill('SIGKILL'))
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => {
    stdout += text
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await eventually('the node tells where it listens', () => stdout !== '' || child.exitCode !== null)
  const addresses = stdout.trim().split('\n')
  return { child, addresses, port: Number(addresses[0]?.split(':').pop()), ended, stderr: () => stderr }
}

async function connect(...args: Parameters<typeof MemcachedClient.connect>): Promise<MemcachedClient> {
  const client = await MemcachedClient.connect(...args)
  onTestFinished(() => client.close())
  return client
}

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

describe('cachectl node run', () => {
  it('serves on the address it prints, and ends on SIGTERM with 0', async () => {
    const { child, addresses, port, ended } = await nodeRun(['--listen', '127.0.0.1:0'])
    expect(addresses).toEqual([`127.0.0.1:${port}`])
    const client = await connect(port)
    expect(await client.ask('set a 0 0 1\r\nx\r\nget a\r\nconfig get cluster\r\n')).toBe(
      'STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\nEND\r\n',
    )
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  })

  it('ends on Ctrl-C, and takes its pid file with it', async () => {
    const pidFile = join(scratch(), 'pid')
    const { child, ended } = await nodeRun(['-l', '127.0.0.1', '-p', '0', '-P', pidFile])
    expect(readFileSync(pidFile, 'utf8')).toBe(`${child.pid}\n`)
    child.kill('SIGINT')
    expect(await ended).toBe(0)
    expect(existsSync(pidFile)).toBe(false)
  })

  it('uses one port for all loopback addresses, and tells memcached test suites which', async () => {
    const file = join(scratch(), 'ports')
    const { addresses, port } = await nodeRun(['-p', '0'], { MEMCACHED_PORT_FILENAME: file })
    expect(new Set(addresses.map((address) => address.split(':').pop()))).toEqual(new Set([String(port)]))
    expect(readFileSync(file, 'utf8')).toContain(`TCP INET: ${port}\n`)
  })

  it('is set up by the options of memcached', async () => {
    const args = ['-m', '100', '-c', '10', '-I', '2m', '-MF', '-o', 'idle_timeout=5,no_lru_crawler', '--plain']
    const { port } = await nodeRun(['-l127.0.0.1:0', '-U', '0', ...args])
    const client = await connect(port)
    const settings = await client.ask('stats settings\r\n')
    for (const line of ['maxbytes 104857600', 'maxconns 10', 'item_size_max 2097152', 'evictions off']) {
      expect(settings).toContain(`STAT ${line}\r\n`)
    }
    expect(settings).toContain('STAT idle_timeout 5\r\n')
    expect(await client.ask('config get cluster\r\nlru_crawler metadump all\r\nflush_all\r\n')).toBe(
      'ERROR\r\nCLIENT_ERROR lru crawler disabled\r\nCLIENT_ERROR flush_all not allowed\r\n',
    )
  })

  it('takes datagrams when asked to, and says where', async () => {
    const file = join(scratch(), 'ports')
    const { port } = await nodeRun(['-l127.0.0.1', '-p', '-1', '-U', '-1'], { MEMCACHED_PORT_FILENAME: file })
    const udp = /UDP INET: (\d+)\n/.exec(readFileSync(file, 'utf8'))?.[1]
    expect(await (await connect(port)).ask('stats settings\r\n')).toContain(`STAT udpport ${udp}\r\n`)
  })

  it.skipIf(process.platform === 'win32')('goes on in the background with -d', async () => {
    const pidFile = join(scratch(), 'pid')
    const { stdout, code } = await cachectl(['node', 'run', '-l', '127.0.0.1:0', '-dP', pidFile])
    expect(code).toBe(0)
    const pid = Number(readFileSync(pidFile, 'utf8'))
    onTestFinished(() => void process.kill(pid, 'SIGKILL'))
    const client = await connect(Number(stdout.split(':').pop()))
    expect(await client.ask('stats\r\n')).toContain(`STAT pid ${pid}\r\n`)
  })

  it('tells why it could not go on in the background', async () => {
    const { port } = await nodeRun(['-l127.0.0.1:0'])
    const { stderr, code } = await cachectl(['node', 'run', '-d', '-l', '127.0.0.1', '-p', String(port)])
    expect(stderr).toContain(`Something listens on 127.0.0.1:${port} already.`)
    expect(code).not.toBe(0)
  })

  it('speaks TLS, and another certificate after refresh_certs', async () => {
    const [cert, key] = [join(scratch(), 'cert.pem'), join(scratch(), 'key.pem')]
    const put = ({ cert: chain, key: secret }: typeof CERTIFICATE_ONE) => {
      writeFileSync(cert, chain)
      writeFileSync(key, secret)
    }
    put(CERTIFICATE_ONE)
    const { port } = await nodeRun(['-l127.0.0.1:0', '-Z', '-o', `ssl_chain_cert=${cert},ssl_key=${key}`])
    const first = await connect(port, '127.0.0.1', { ca: CERTIFICATE_ONE.cert })
    writeFileSync(key, 'no key')
    expect(await first.ask('refresh_certs\r\n')).toBe('ERROR failed to load the certificates\r\n')
    put(CERTIFICATE_TWO)
    expect(await first.ask('refresh_certs\r\n')).toBe('OK\r\n')
    const second = await connect(port, '127.0.0.1', { ca: CERTIFICATE_TWO.cert })
    expect(await second.ask('get a\r\n')).toBe('END\r\n')
  })

  it('refuses clients without a certificate where ssl_verify_mode demands one', async () => {
    const directory = scratch()
    const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
    writeFileSync(cert, CERTIFICATE_ONE.cert)
    writeFileSync(key, CERTIFICATE_ONE.key)
    const files = `ssl_chain_cert=${cert},ssl_key=${key},ssl_ca_cert=${cert}`
    const { port } = await nodeRun(['-l127.0.0.1:0', '-Z', '-o', files, '-o', 'ssl_verify_mode=2'])
    const known = await connect(port, '127.0.0.1', { ca: CERTIFICATE_ONE.cert, ...CERTIFICATE_ONE })
    expect(await known.ask('get a\r\n')).toBe('END\r\n')
    const stranger = await connect(port, '127.0.0.1', { ca: CERTIFICATE_ONE.cert })
    await expect(stranger.ask('get a\r\n')).rejects.toThrow(/closed/)
  })

  it('ends when a client says shutdown, if it was started with -A', async () => {
    const { port, ended } = await nodeRun(['-l127.0.0.1:0', '-A'])
    const client = await connect(port)
    expect(await client.ask('shutdown now\r\n')).toBe('CLIENT_ERROR invalid shutdown mode\r\n')
    client.send('shutdown\r\n')
    expect(await ended).toBe(0)
  })

  it('moves its time with debugtime, if told that this is a test', async () => {
    const { port } = await nodeRun(['-l127.0.0.1:0', '--debug-time'])
    const client = await connect(port)
    expect(await client.ask('debugtime p\r\nset a 0 100 1\r\nx\r\ndebugtime 99\r\nget a\r\n')).toContain('VALUE a')
    expect(await client.ask('debugtime p\r\ndebugtime 2\r\nget a\r\ndebugtime r\r\ndebugtime x\r\n')).toBe(
      'OK\r\nOK\r\nEND\r\nOK\r\nERROR\r\n',
    )
    const { port: other } = await nodeRun(['-l127.0.0.1:0'])
    expect(await (await connect(other)).ask('debugtime 1\r\n')).toBe('ERROR\r\n')
  })

  it('names a port that is taken, and leaves with 255', async () => {
    const { port } = await nodeRun(['-l127.0.0.1:0'])
    const { code, stderr } = await cachectl(['node', 'run', '-l', `127.0.0.1:${port}`])
    expect(code).toBe(255)
    expect(stderr).toContain(`Something listens on 127.0.0.1:${port} already.`)
  })

  it.skipIf(process.platform === 'win32')(
    'listens on a socket in the file system instead, also after one that was killed',
    async () => {
      const path = join(scratch(), 'node.sock')
      const killed = await nodeRun(['-s', path])
      killed.child.kill('SIGKILL')
      await killed.ended
      const { child, addresses, ended } = await nodeRun(['--unix-socket', path, '--unix-mask', '770'])
      expect(addresses).toEqual([path])
      expect(statSync(path).mode & 0o777).toBe(0o770)
      const client = await connect(path)
      expect(await client.ask('set a 0 0 1\r\nx\r\nget a\r\n')).toBe('STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n')
      expect(await client.ask('stats settings\r\n')).toContain(`STAT domain_socket ${path}\r\nSTAT umask 770\r\n`)
      child.kill('SIGTERM')
      expect(await ended).toBe(0)
      expect(existsSync(path)).toBe(false)
    },
  )

  it.skipIf(process.platform === 'win32')('keeps its files to its owner, whatever the umask', async () => {
    const [path, pidFile] = [join(scratch(), 'node.sock'), join(scratch(), 'pid')]
    const words = [launcher, 'node', 'run', '-s', path, '-P', pidFile]
    const child = spawn('sh', ['-c', 'umask 000; exec "$@"', 'sh', process.execPath, ...words], {
      env: bareEnvironment(),
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    await new Promise((resolve) => child.stdout.once('data', resolve))
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(statSync(pidFile).mode & 0o777).toBe(0o600)
  })

  it('refuses what it cannot do with 252, and tells its version', async () => {
    expect(await cachectl(['node', 'run', '-S'])).toMatchObject({ code: 252, stderr: expect.stringContaining('-S: ') })
    expect(await cachectl(['node', 'run', '-V'])).toMatchObject({ code: 0, stdout: 'memcached 1.6.22 (cachectl)\n' })
  })
})
