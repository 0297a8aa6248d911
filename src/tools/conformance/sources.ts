import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Suite } from './suites.ts'

const LISTS = ['bookworm', 'bookworm-backports', 'trixie']
const PATIENCE_MS = 300_000

/** Why there is no suite to run. */
export class NoSuite extends Error {
  override readonly name = 'NoSuite'
}

/**
 * Gets a server's source with its patches by `apt-get source`, and answers where it lies. The system's own list of packages stays as
 * it is.
 * @throws NoSuite
 */
export function fetchSource({ source, version }: Suite, directory: string): string {
  for (const program of ['apt-get', 'dpkg-source']) {
    if (spawnSync(program, ['--version'], { stdio: 'ignore' }).error) throw new NoSuite(`there is no ${program} here`)
  }
  const list = join(directory, 'sources.list')
  const lists = join(directory, 'lists')
  mkdirSync(join(lists, 'partial'), { recursive: true })
  writeFileSync(list, LISTS.map((name) => `deb-src http://deb.debian.org/debian ${name} main\n`).join(''))
  const options = { 'Dir::Etc::sourcelist': list, 'Dir::Etc::sourceparts': '/dev/null', 'Dir::State::Lists': lists }
  const words = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const run = (program: string, ...more: readonly string[]) =>
    spawnSync(program, [...words, ...more], { cwd: directory, encoding: 'utf8', timeout: PATIENCE_MS })
  const updated = run('apt-get', 'update')
  if (updated.status !== 0) throw new NoSuite(`apt-get update: ${lastLine(updated.stderr)}`)
  const versions = run('apt-cache', 'showsrc', source).stdout.match(/^Version: .*$/gm) ?? []
  const exact = versions
    .map((line) => line.slice('Version: '.length))
    .find((each) => each.replace(/^\d+:/, '').startsWith(version))
  if (exact === undefined) throw new NoSuite(`Debian has no source of ${source} ${version}`)
  const fetched = run('apt-get', 'source', `${source}=${exact}`)
  const found = readdirSync(directory, { withFileTypes: true }).find(
    (entry) => entry.isDirectory() && entry.name.startsWith(`${source}-${version}`),
  )
  if (fetched.status !== 0 || !found) throw new NoSuite(`apt-get source ${source}: ${lastLine(fetched.stderr)}`)
  return join(directory, found.name)
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''
