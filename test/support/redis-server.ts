/** Real servers that speak RESP, for tests: each on ports of its own, without a file that outlives it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { RespConnection } from '../../src/kv/resp/connection.ts'
import type { Command } from '../../src/protocols/resp/encode.ts'
import { fieldsOf, isError, itemsOf, type Reply, textOf } from '../../src/protocols/resp/reply.ts'
import { eventually } from './eventually.ts'
import { isInstalled } from './programs.ts'

/** Tests against a real server skip, and say so, where there is none. */
export const hasRedis = isInstalled('redis-server')
export const NEEDS_REDIS = '(skipped where redis-server is not installed)'

/** Those of both engines, for what each has to be asked for. */
export const PROGRAMS = ['redis-server', 'valkey-server'].map((program) => ({
  program,
  installed: isInstalled(program),
}))

type AtEnd = (work: () => Promise<void>) => void

interface Options {
  readonly program?: string
  readonly atEnd?: AtEnd
  readonly password?: string
  /** Its configuration file. */
  readonly file?: string
}

export interface RedisServer {
  readonly port: number
  /** host:port, for the command line. */
  readonly where: string
  /** Replies of the server, errors among them, on a connection that stays. */
  send(...commands: Command[]): Promise<Reply[]>
  stop(): Promise<void>
}

/** Starts a server and waits until it answers. `args`: more of its own options. */
export async function startRedis(args: readonly string[] = [], options: Options = {}): Promise<RedisServer> {
  const { program = 'redis-server', atEnd = onTestFinished, password, file } = options
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-redis-'))
  const [port, busPort] = await freePorts()
  const child = spawn(
    program,
    [
      ...(file === undefined ? [] : [file]),
      ...['--port', String(port), '--cluster-port', String(busPort), '--bind', '127.0.0.1', '--dir', directory],
      ...['--save', '', '--appendonly', 'no', '--daemonize', 'no', '--repl-diskless-sync-delay', '0'],
      ...(password === undefined ? [] : ['--requirepass', password]),
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const log: Buffer[] = []
  child.stdout.on('data', (bytes: Buffer) => log.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => log.push(bytes))
  let connection: RespConnection | undefined
  const stop = async (): Promise<void> => {
    connection?.close()
    await ended(child)
    rmSync(directory, { recursive: true, force: true })
  }
  atEnd(stop)
  const dial = { host: '127.0.0.1', port, timeoutMs: 5000 }
  await eventually(`redis-server answers on ${port}`, async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended:\n${Buffer.concat(log)}`)
    try {
      connection = await RespConnection.open(dial, password === undefined ? {} : { password })
      return true
    } catch {
      return false
    }
  })
  const open = connection as unknown as RespConnection // it has answered
  return { port, where: `127.0.0.1:${port}`, stop, send: (...commands) => open.send(commands) }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

/** Ports that are free now: a server that is told port 0 does not listen at all. */
async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()] as const
  await Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')))
  const [port, busPort] = servers.map((server) => (server.address() as AddressInfo).port) // it listens on TCP
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return [port ?? 0, busPort ?? 0]
}

const SLOTS = 16_384

/** Servers that share the slots evenly, in the order of their slots; each knows all of them, and says that the cluster is well. */
export async function startRedisCluster(
  count: number,
  args: readonly string[] = [],
  options: Options = {},
): Promise<RedisServer[]> {
  const own = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '5000', ...args]
  const servers = await Promise.all(Array.from({ length: count }, () => startRedis(own, options)))
  const [first] = servers
  if (!first) return []
  const firstSlot = (at: number): number => Math.floor((SLOTS * at) / count)
  for (const [at, server] of servers.entries()) {
    await mustSay(
      server,
      ['CLUSTER', 'SET-CONFIG-EPOCH', at + 1],
      ['CLUSTER', 'ADDSLOTSRANGE', firstSlot(at), firstSlot(at + 1) - 1],
    )
  }
  for (const server of servers.slice(1)) {
    await mustSay(first, ['CLUSTER', 'MEET', '127.0.0.1', server.port, await busPortOf(server)])
  }
  for (const server of servers) await eventually(`${server.where} serves all slots`, () => isWell(server, count))
  return servers
}

async function busPortOf(server: RedisServer): Promise<string> {
  const [told = null] = await mustSay(server, ['CONFIG', 'GET', 'cluster-port'])
  return textOf(fieldsOf(told).get('cluster-port') ?? null)
}

async function isWell(server: RedisServer, known: number): Promise<boolean> {
  const [told = null] = await server.send(['CLUSTER', 'INFO'])
  const info = textOf(told)
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${known}`)
}

/** Starts a replica of one of a cluster's servers, and waits until all of them tell clients of it. */
export async function startReplica(
  cluster: readonly RedisServer[],
  primary: RedisServer,
  options: Options = {},
): Promise<RedisServer> {
  const replica = await startRedis(['--cluster-enabled', 'yes'], options)
  const idOf = async (server: RedisServer) => textOf((await mustSay(server, ['CLUSTER', 'MYID']))[0] ?? null)
  const [id, own] = [await idOf(primary), await idOf(replica)]
  onTestFinished(async () => {
    for (const each of cluster) await each.send(['CLUSTER', 'FORGET', own])
  })
  await mustSay(primary, ['CLUSTER', 'MEET', '127.0.0.1', replica.port, await busPortOf(replica)])
  await eventually(
    'the replica follows its primary',
    async () => (await replica.send(['CLUSTER', 'REPLICATE', id]))[0] === 'OK',
  )
  for (const each of cluster) {
    await eventually(`${each.where} tells of the replica`, async () => {
      const [shards = null] = await each.send(['CLUSTER', 'SHARDS'])
      const nodes = itemsOf(shards).flatMap((shard) => itemsOf(fieldsOf(shard).get('nodes') ?? null).map(fieldsOf))
      const told = nodes.find((node) => textOf(node.get('id') ?? null) === own)
      return textOf(told?.get('role') ?? null) === 'replica' && textOf(told?.get('health') ?? null) === 'online'
    })
  }
  return replica
}

/** Fails unless the server does all of it. */
export async function mustSay(server: RedisServer, ...commands: Command[]): Promise<Reply[]> {
  const replies = await server.send(...commands)
  for (const [at, reply] of replies.entries()) {
    if (isError(reply)) throw new Error(`${server.where}: ${commands[at]?.join(' ')}: ${reply.code} ${reply.text}`)
  }
  return replies
}
