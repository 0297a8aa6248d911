/** What lies in a server's directory. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isFull, sizeOf } from '../server-log.ts'
import { NODES_FILE, RDB_FILE } from './config-file.ts'
import { nodesFile } from './nodes-file.ts'
import type { RedisSpec } from './spec.ts'

export const LOG_FILE = 'server.log'
export const CONFIG_FILE = 'server.conf'
/** Is there as long as nobody has wanted the server's end: which process it is. */
export const IDENTITY_FILE = 'server.json'

/** Whether a server was started there with just this. */
export const isConfigured = (directory: string, config: string): boolean =>
  textIn(join(directory, CONFIG_FILE)) === config

/** Whether it was, and nobody wanted its end. */
export const hasRun = (directory: string, config: string): boolean =>
  isConfigured(directory, config) && textIn(join(directory, IDENTITY_FILE)) !== undefined

/** Its end was wanted: it may be started again as what it was. */
export const forget = (directory: string): void => rmSync(join(directory, IDENTITY_FILE), { force: true })

/** Where a server that is durable writes down what it is told; another one of the same name has another node id. */
export const appendedBy = ({ nodeId, live }: RedisSpec): string | undefined =>
  nodeId === undefined || live.directives.appendonly === undefined ? undefined : `appendonly-${nodeId}`

/** Makes the directory what a server is to start in. Answers where in the log its words will begin. */
export function prepare(spec: RedisSpec, config: string): number {
  const { directory, nodeId, live } = spec
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const log = join(directory, LOG_FILE)
  const isDurable = live.directives.appendonly === 'yes' && spec.rdb === undefined
  const kept = [isFull(log) ? undefined : LOG_FILE, isDurable ? appendedBy(spec) : undefined]
  for (const name of readdirSync(directory)) {
    if (!kept.includes(name)) rmSync(join(directory, name), { recursive: true, force: true })
  }
  writeFileSync(join(directory, CONFIG_FILE), config, { mode: 0o600 })
  if (nodeId !== undefined && live.topology) {
    writeFileSync(join(directory, NODES_FILE), nodesFile(live.topology, spec), { mode: 0o600 })
  }
  if (spec.rdb !== undefined) copyFileSync(spec.rdb, join(directory, RDB_FILE))
  return sizeOf(log)
}

export function textIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
