/** Which server program runs which engine, and whether this machine has it. */
import { spawnSync } from 'node:child_process'
import { isAtLeast, isOlder } from '../../../api/catalog/versions.ts'
import { SERVER_VARIABLES, type ServerName, type ServerPlaces, type ServerRuntime } from '../../../api/local-engine.ts'
import { rowsOf } from '../../../api/tables.ts'
import { NotInstalled } from '../installed.ts'
import type { RedisProgram } from './spec.ts'

interface ProgramFacts {
  readonly title: string
  /** The engine, and the versions of it that clients get this program for. */
  readonly serves: { readonly engine: 'redis' | 'valkey'; readonly from: string }
  /** The oldest version the engine can work with: ACL rules of subcommands, multi-part directives. */
  readonly atLeast: string
  readonly packages: string
}

/**
 * Redis OSS up to 7.1 is what ElastiCache serves as redis, and redis-server 7.0 does all that older ones do; Valkey begins at 7.2.
 * A version that is not the program's own is served by it all the same: INFO tells which it is.
 */
const PROGRAMS = {
  'redis-server': {
    title: 'Redis OSS',
    serves: { engine: 'redis', from: '2.6' },
    atLeast: '7.0',
    packages:
      'apt-get install redis-server (Debian, Ubuntu), dnf install redis6 or redis (Amazon Linux, Fedora), brew install redis (macOS)',
  },
  'valkey-server': {
    title: 'Valkey',
    serves: { engine: 'valkey', from: '7.2' },
    atLeast: '7.2',
    packages:
      'apt-get install valkey-server (Debian 13; Debian 12 from bookworm-backports), dnf install valkey (Fedora, Amazon Linux), brew install valkey (macOS)',
  },
} as const satisfies Record<ServerName, ProgramFacts>

/** The program for an engine of a version; undefined: none serves it. */
export function programFor(engine: string, version: string): ServerName | undefined {
  return rowsOf(PROGRAMS).find(([, { serves }]) => serves.engine === engine && isAtLeast(version, serves.from))?.[0]
}

/**
 * Asks a program for its version. Throws NotInstalled when it is not there, or too old.
 * @param path Where it is; default: in PATH.
 */
export function installedServer(name: ServerName, path: string = name): RedisProgram {
  const { title, atLeast, packages }: ProgramFacts = PROGRAMS[name]
  const hint = `Its package: ${packages}. The variable ${SERVER_VARIABLES[name]} names a program that is elsewhere, when the engine starts.`
  const { stdout, error } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 5_000 })
  if (error) {
    const place = path === name ? 'there is no such program in PATH' : `${path} cannot be run`
    throw new NotInstalled(`${title} nodes are run by ${name}, which is not installed: ${place}.`, hint)
  }
  const version = / v=(\d+\.\d+\.\d+)/.exec(stdout)?.[1]
  if (!version) throw new NotInstalled(`${path} --version does not tell a version: ${JSON.stringify(stdout)}.`, hint)
  if (isOlder(version, atLeast)) {
    throw new NotInstalled(`${title} ${version} is installed; nodes need ${name} ${atLeast} or later.`, hint)
  }
  return { name, path, version }
}

/** What is a part of the engine and stands for the program of an engine of a version. Of one that no program serves, the oldest is. */
export function embeddedServer(engine: string, version: string): RedisProgram {
  const name = programFor(engine, version)
  if (!name) throw new Error(`no server runs ${engine} ${version}`)
  const { atLeast } = PROGRAMS[name]
  return { name, version: isOlder(version, atLeast) ? `${atLeast}.0` : version }
}

const found = new Map<string, RedisProgram>()

/** The program for an engine of a version, on this machine: looked for until it is there. Throws NotInstalled. */
export function serverFor(engine: string, version: string, places: ServerPlaces): RedisProgram {
  const name = programFor(engine, version)
  if (!name) throw new NotInstalled(`No server runs ${engine} ${version}.`, '')
  const path = places[name] ?? name
  const server = found.get(path) ?? installedServer(name, path)
  found.set(path, server)
  return server
}

/** What a cache's nodes are. Throws NotInstalled. */
export const programOf = (
  runtime: ServerRuntime,
  engine: string,
  version: string,
  places: ServerPlaces,
): RedisProgram => (runtime === 'embedded' ? embeddedServer(engine, version) : serverFor(engine, version, places))
