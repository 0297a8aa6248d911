/** A server that is a part of this thread: started, and ended with it. */
import { createReadStream, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { BadRule } from '../../../acl/rules.ts'
import { errorCode, errorMessage } from '../../../api/thrown.ts'
import type { Door } from '../../../net/serve/door.ts'
import type { Afflicted } from '../../../net/serve/impairment.ts'
import { BadValue } from '../../../redis/config/kinds.ts'
import type { Log } from '../../../redis/core.ts'
import type { ClientRules, Guest } from '../../../redis/keeper.ts'
import { BadRdb } from '../../../redis/rdb/loader.ts'
import { RedisNode } from '../../../redis/server.ts'
import { writeDurably } from '../../store/snapshot-files.ts'
import { CannotRun } from '../failure.ts'
import { ClusterSeen } from './cluster-seen.ts'
import { configFile, configLines, type Line } from './config-file.ts'
import { forget, hasRun, IDENTITY_FILE, LOG_FILE, prepare } from './directory.ts'
import { Operator } from './operator.ts'
import { endServerIn } from './process.ts'
import { type Reach, reachOf } from './reach.ts'
import { ENGINE_USER, keysOf, restrictionsFor } from './restricted.ts'
import { endedUnnoticed, HAS_SOURCE_ADDRESS, ownPortTaken, type Server } from './server.ts'
import { serverLog } from './server-log.ts'
import type { Member, RedisSpec } from './spec.ts'

const LOOPBACK = '127.0.0.1'
const SOCKET_MODE = 0o700

/** Nothing of it is left when the process that it is a part of has ended; that it was there, its directory tells. */
export class EmbeddedServer implements Server {
  readonly pid = undefined
  readonly socket: string
  readonly operator: Operator
  readonly #node: RedisNode
  readonly #spec: RedisSpec
  readonly #cluster: ClusterSeen | undefined
  readonly #reach: Reach

  private constructor(spec: RedisSpec, node: RedisNode, reach: Reach, cluster: ClusterSeen | undefined) {
    this.#node = node
    this.#spec = spec
    this.#cluster = cluster
    this.#reach = reach
    this.socket = reach.socket
    this.operator = new Operator({ path: this.socket }, keysOf(spec.secret).password)
  }

  /** @throws CannotRun; EADDRINUSE; SERVER_ENDED. */
  static async start(spec: RedisSpec): Promise<EmbeddedServer> {
    const { directory, secret, innerPort } = spec
    const config = configFile(spec, HAS_SOURCE_ADDRESS)
    if (hasRun(directory, config)) {
      forget(directory)
      throw endedUnnoticed()
    }
    // Of the same name, and a process.
    await endServerIn(directory, secret)
    prepare(spec, config)
    const cluster = spec.nodeId === undefined ? undefined : new ClusterSeen(spec, spec.nodeId)
    let started: RedisNode | undefined
    const log = serverLog(join(directory, LOG_FILE), () => started?.isReplica === true)
    const node = made(spec, cluster, log)
    started = node
    const reach = reachOf(directory)
    try {
      if (spec.rdb !== undefined) await load(node, spec.rdb)
      rmSync(reach.socket, { force: true })
      await node.listen({ path: reach.socket, mode: SOCKET_MODE })
      if (innerPort > 0) await node.listen({ host: LOOPBACK, port: innerPort })
      writeFileSync(join(directory, IDENTITY_FILE), '', { mode: 0o600 })
      log('notice', 'Ready to accept connections')
    } catch (error) {
      await node.close()
      reach.close()
      throw errorCode(error) === 'EADDRINUSE' ? ownPortTaken(errorMessage(error)) : error
    }
    return new EmbeddedServer(spec, node, reach, cluster)
  }

  adopt(socket: Socket, secure: boolean, door: Pick<Door, 'insides' | 'burden'>, guest: Guest): Afflicted | undefined {
    return this.#node.adopt(socket, secure, door, guest)
  }

  rule(rules: ClientRules): void {
    this.#node.rule(rules)
  }

  tell(topology: readonly Member[]): void {
    if (!this.#cluster) return
    this.#node.topology(this.#cluster.recorded(topology))
    const primary = this.#cluster.primaryIn(topology)
    const { primary: present } = this.#node.replicationState()
    if (primary?.host !== present?.host || primary?.port !== present?.port) this.#node.follow(primary ?? null)
  }

  give(slots: readonly number[], nodeId: string): void {
    if (this.#cluster) this.#node.topology(this.#cluster.given(slots, nodeId))
  }

  save(file: string): Promise<void> {
    return writeDurably(file, this.#node.snapshot())
  }

  /** It does not end before its thread does. */
  onEnd(): void {}

  async stop(): Promise<void> {
    this.operator.close()
    await this.#node.close()
    forget(this.#spec.directory)
    this.#reach.close()
  }

  giveUp(): Promise<void> {
    return this.stop()
  }
}

/** @throws CannotRun, with what is wrong with its directives. */
function made(spec: RedisSpec, cluster: ClusterSeen | undefined, log: Log): RedisNode {
  const { name, version } = spec.program
  const lines = configLines(spec, HAS_SOURCE_ADDRESS)
  const valuesOf = (directive: string) =>
    lines.flatMap(([each, ...values]): (readonly string[])[] => (each === directive ? [values] : []))
  try {
    return new RedisNode({
      engine: name === 'valkey-server' ? 'valkey' : 'redis',
      version,
      directives: new Map(lines.filter(isDirective).map(([each, ...values]) => [each, values])),
      renamed: new Map(valuesOf('rename-command').map(([command = '', to = '']) => [command.toLowerCase(), to])),
      users: valuesOf('user'),
      keeping: { user: ENGINE_USER, isReserved: restrictionsFor(spec) },
      ...(cluster && { cluster: cluster.parts }),
      log,
    })
  } catch (error) {
    throw error instanceof BadValue || error instanceof BadRule ? new CannotRun(error.message) : error
  }
}

/** @throws CannotRun, with what is wrong with the file. */
async function load(node: RedisNode, file: string): Promise<void> {
  const loader = node.loader()
  try {
    for await (const piece of createReadStream(file)) loader.feed(piece)
    loader.end()
  } catch (error) {
    throw error instanceof BadRdb ? new CannotRun(error.message) : error
  }
}

const isDirective = ([name]: Line): boolean => name !== 'rename-command' && name !== 'user'
