/** The memcached of this machine. */
import { spawnSync } from 'node:child_process'
import { isOlder } from '../../../api/catalog/versions.ts'
import { type InstalledProgram, NotInstalled } from '../installed.ts'

export const PROGRAM = 'memcached'

const PACKAGE =
  'Its package is called memcached: apt-get install memcached (Debian, Ubuntu), dnf install memcached (Fedora, Amazon Linux), brew install memcached (macOS).'

/** Asks the `memcached` in PATH for its version; throws NotInstalled when there is none, or one too old for the relay. */
export function installedMemcached(): InstalledProgram {
  const { stdout, error } = spawnSync(PROGRAM, ['-V'], { encoding: 'utf8', timeout: 5_000 })
  if (error) throw new NotInstalled('memcached is not installed: there is no such program in PATH.', PACKAGE)
  const version = /^memcached (\d+\.\d+\.\d+)/.exec(stdout)?.[1]
  if (!version) throw new NotInstalled(`memcached -V does not tell a version: ${JSON.stringify(stdout)}.`, PACKAGE)
  if (isOlder(version, '1.6')) {
    throw new NotInstalled(`memcached ${version} is installed; nodes need 1.6 or later.`, PACKAGE)
  }
  return { version }
}
