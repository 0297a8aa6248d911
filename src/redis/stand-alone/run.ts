/** Starts the node of a command line, and ends it: files and words of a process of its own. */
import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { BadRule } from '../../acl/rules.ts'
import { redis } from '../../api/catalog/engines.ts'
import { errorMessage } from '../../api/thrown.ts'
import type { ListenAddress, ServerTls } from '../../net/serve/listener.ts'
import { collectUnaided, keepYoungSpaceSmall } from '../../net/serve/node-insides.ts'
import { stayAlive, systemClock } from '../clock.ts'
import type { ClusterParts } from '../cluster/cluster.ts'
import { readNodesFile, writeNodesFile } from '../cluster/nodes-file.ts'
import { BadValue } from '../config/kinds.ts'
import type { Log } from '../core.ts'
import { logLine } from '../log-line.ts'
import { RedisNode } from '../server.ts'
import { BadArgument, type Plan } from './command-line.ts'

export interface RunningNode {
  readonly addresses: readonly ListenAddress[]
  readonly socket: string | undefined
  /** Ends it as SHUTDOWN does; answers whether that was not under way already. Its caller's `end` is called once it may go. */
  end(signal: 'SIGINT' | 'SIGTERM'): boolean
  /** Ends the node, and takes its pid file away. */
  close(): Promise<void>
}

/** The text of a file, or of standard input. @throws BadArgument */
export function readText(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    throw new BadArgument(errorMessage(error))
  }
}

const LEVELS = ['debug', 'verbose', 'notice', 'warning']

/**
 * @param end Called when a client asks for SHUTDOWN.
 * @throws BadArgument, or the ErrnoException of an address that can't be listened on.
 */
export async function runNode(plan: Plan, write: (line: string) => void, end: () => void): Promise<RunningNode> {
  const { renamed, users, engine, version, configFile } = plan
  const word = (name: string): string | undefined => plan.directives.get(name)?.[0]
  // As with the servers, port 0 is none; here -1 takes any free one, as memcached has it.
  const port = Number(word('port') ?? redis.port)
  const directives = new Map([...plan.directives, ['port', [String(Math.max(0, port))]]])
  const tlsPort = Number(word('tls-port') ?? 0)
  const tls = tlsPort > 0 ? certificates(word) : undefined
  let running: RedisNode | undefined
  const log = logOf(word, write, () => running?.isReplica === true)
  keepYoungSpaceSmall()
  collectUnaided()
  const node = started(() => {
    const cluster = word('cluster-enabled')?.toLowerCase() === 'yes' ? clusterFile(nodesFilePath(word)) : undefined
    return new RedisNode({
      ...{ engine, version, directives, renamed, users, shutdown: end, log },
      ...(configFile !== undefined && { configFile: resolve(configFile) }),
      ...(tls && { tls }),
      ...(cluster && { cluster }),
    })
  })
  running = node
  const socketPath = word('unixsocket')
  const pidFile = word('pidfile')
  try {
    const port = Number(word('port') ?? redis.port)
    const hosts = plan.directives.get('bind') ?? ['127.0.0.1', '-::1']
    // As with the servers, port 0 is none; here -1 takes any free one, as memcached has it.
    if (port !== 0) await listen(node, hosts, Math.max(0, port), true)
    if (tlsPort > 0) await listen(node, hosts, tlsPort, false)
    if (socketPath) await listenOnSocket(node, socketPath, Number.parseInt(word('unixsocketperm') ?? '700', 8))
    if (pidFile) writeFileSync(pidFile, `${process.pid}\n`)
    const mode = word('cluster-enabled')?.toLowerCase() === 'yes' ? 'cluster' : 'standalone'
    const isValkey = engine === 'valkey'
    log(isValkey ? 'notice' : 'warning', `Running mode=${mode}, port=${node.addresses[0]?.port ?? 0}.`)
    log(isValkey ? 'notice' : 'warning', 'Server initialized')
    await node.load()
    const kinds = [port !== 0 && 'tcp', socketPath && 'unix', tlsPort > 0 && 'tls'].filter(Boolean)
    for (const kind of isValkey ? kinds : ['']) log('notice', `Ready to accept connections ${kind}`.trimEnd())
  } catch (error) {
    await node.close()
    throw error
  }
  const release = stayAlive()
  return {
    addresses: node.addresses,
    socket: socketPath,
    end: (signal) => node.end(signal),
    async close() {
      release()
      node.saveAtEnd()
      await node.close()
      if (pidFile) rmSync(pidFile, { force: true })
    },
  }
}

/** Writes as the servers do, to `logfile` where there is one. */
function logOf(
  word: (name: string) => string | undefined,
  write: (line: string) => void,
  isReplica: () => boolean,
): Log {
  const least = LEVELS.indexOf(word('loglevel') ?? 'notice')
  const name = word('logfile') ?? ''
  const file = resolve(word('dir') ?? '.', name)
  if (name !== '') append(file, '')
  return (level, line) => {
    if (LEVELS.indexOf(level) < least) return
    const text = logLine(isReplica(), systemClock.now(), level, line)
    if (name === '') return write(text)
    // A disk that is full is no reason to end.
    try {
      append(file, `${text}\n`)
    } catch {}
  }
}

/** @throws BadArgument */
function append(file: string, text: string): void {
  try {
    appendFileSync(file, text)
  } catch (error) {
    throw new BadArgument(`Can't open the log file: ${errorMessage(error)}`)
  }
}

function started(make: () => RedisNode): RedisNode {
  try {
    return make()
  } catch (error) {
    throw error instanceof BadValue || error instanceof BadRule ? new BadArgument(error.message) : error
  }
}

/** A minus before an address: the node can do without it. The same port on each that left it open. */
async function listen(node: RedisNode, hosts: readonly string[], port: number, plain: boolean): Promise<void> {
  let chosen = port
  for (const spoken of hosts) {
    const optional = spoken.startsWith('-')
    const host = addressOf(optional ? spoken.slice(1) : spoken)
    try {
      const bound = await node.listen({ host, port: chosen }, { plain })
      chosen = bound.port
    } catch (error) {
      if (!optional) throw error
    }
  }
}

function addressOf(spoken: string): string {
  if (spoken === '*') return '0.0.0.0'
  if (spoken === '::*') return '::'
  if (spoken === 'localhost') return '127.0.0.1'
  if (isIP(spoken) === 0) throw new BadArgument(`bind: not an address: '${spoken}'`)
  return spoken
}

/** What a node that was killed left behind is taken away first, as the servers do. */
async function listenOnSocket(node: RedisNode, path: string, mode: number): Promise<void> {
  rmSync(path, { force: true })
  await node.listen({ path, mode })
}

const nodesFilePath = (word: (name: string) => string | undefined): string =>
  resolve(word('dir') ?? '.', word('cluster-config-file') ?? 'nodes.conf')

/** What a node in cluster mode knows from its last life, and keeps for the next one. */
function clusterFile(path: string): ClusterParts {
  const known = existsSync(path) ? readNodesFile(readText(path)) : undefined
  if (known === undefined && existsSync(path) && readText(path) !== '') {
    throw new BadArgument(`${path}: this is no file of a cluster's nodes`)
  }
  return {
    ...(known ?? { id: randomBytes(20).toString('hex') }),
    meets: true,
    changed(cluster) {
      // Another file first: one that is half written would be worse than the former.
      writeFileSync(`${path}.new`, writeNodesFile(cluster))
      renameSync(`${path}.new`, path)
    },
  }
}

function certificates(word: (name: string) => string | undefined): ServerTls {
  const file = (name: string): string => {
    const path = word(name)
    if (path === undefined) throw new BadArgument(`tls-port needs ${name}`)
    return readText(path)
  }
  const authority = word('tls-ca-cert-file')
  const asked = word('tls-auth-clients') ?? 'yes'
  return {
    cert: file('tls-cert-file'),
    key: file('tls-key-file'),
    ...(authority !== undefined && { ca: readText(authority) }),
    ...(asked !== 'no' && { clientCertificates: asked === 'optional' ? 'asked' : 'demanded' }),
  }
}
