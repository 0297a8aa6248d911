import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** The version of the memcached on this machine's PATH, or undefined. */
export const installedMemcached: string | undefined = /(\d+\.\d+\.\d+)/.exec(
  spawnSync('memcached', ['-V'], { encoding: 'utf8' }).stdout ?? '',
)?.[1]

/** The real server on a free loopback port. */
export async function startMemcached(...args: string[]): Promise<{ port: number; stop: () => void }> {
  const directory = mkdtempSync(join(tmpdir(), 'memcached-'))
  const portFile = join(directory, 'port')
  // Under root it insists on being told whom to run as; another user could not write the file.
  const user = userInfo().uid === 0 ? ['-u', 'root'] : []
  const server: ChildProcess = spawn('memcached', ['-l', '127.0.0.1', '-p', '-1', '-U', '0', ...user, ...args], {
    env: { ...process.env, MEMCACHED_PORT_FILENAME: portFile },
    stdio: 'ignore',
  })
  const stop = (): void => {
    server.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
  const deadline = Date.now() + 10_000
  for (;;) {
    const port = portIn(portFile)
    if (port !== undefined) return { port, stop }
    if (Date.now() > deadline || server.exitCode !== null) {
      stop()
      throw new Error('memcached did not tell its port within 10 s')
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function portIn(file: string): number | undefined {
  try {
    const port = /TCP INET: (\d+)\n/.exec(readFileSync(file, 'utf8'))?.[1]
    return port === undefined ? undefined : Number(port)
  } catch {
    return undefined
  }
}
