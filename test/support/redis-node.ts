/** Real servers behind their doors, as the engine runs them; they end with their test. */
import { randomBytes } from 'node:crypto'
import net from 'node:net'
import { join } from 'node:path'
import tls from 'node:tls'
import { onTestFinished } from 'vitest'
import { namesOf } from '../../src/api/tables.ts'
import type { EntranceSettings } from '../../src/engine/nodes/redis/entrance.ts'
import { RedisNode } from '../../src/engine/nodes/redis/node.ts'
import { installedServer } from '../../src/engine/nodes/redis/programs.ts'
import type { RedisLive, RedisProgram, RedisSpec } from '../../src/engine/nodes/redis/spec.ts'
import { ReplyDecoder } from '../../src/protocols/resp/decode.ts'
import { encodeCommand } from '../../src/protocols/resp/encode.ts'
import { isError, type Reply, textOf } from '../../src/protocols/resp/reply.ts'
import { temporaryDirectory } from './engine.ts'
import { ownPorts } from './own-ports.ts'
import { isInstalled } from './programs.ts'

/** Tests of a program that is not installed are skipped, and say so. */
export const SERVERS = (['redis-server', 'valkey-server'] as const).map((name) => ({
  name,
  isMissing: !isInstalled(name),
  isEmbedded: false,
}))

const EMBEDDED = {
  'embedded redis': { name: 'redis-server', version: '7.1.0' },
  'embedded valkey': { name: 'valkey-server', version: '8.0.0' },
} as const satisfies Record<string, RedisProgram>

export type ServerName = RedisProgram['name'] | keyof typeof EMBEDDED

/** Those that are parts of the engine, too: tests of what holds whatever a node's server is. */
export const ALL_SERVERS = [
  ...SERVERS,
  ...namesOf(EMBEDDED).map((name) => ({ name, isMissing: false, isEmbedded: true })),
]

const isEmbedded = (name: ServerName): name is keyof typeof EMBEDDED => name in EMBEDDED
const programOf = (name: ServerName): RedisProgram => (isEmbedded(name) ? EMBEDDED[name] : installedServer(name))

/** Ends a node's server as nothing would that lets it say anything; a part of this process as a whole. */
export async function kill(node: RedisNode): Promise<void> {
  if (node.pid === undefined) await node.stop()
  else process.kill(node.pid, 'SIGKILL')
}

const firstPort = await ownPorts()
let ports = 0

/** A port that no other node of this test process has. */
export const nextPort = (): number => firstPort + ports++

/** Anybody on this machine may do anything. */
export const OPEN: RedisLive = { directives: {}, users: ['default on nopass ~* &* +@all'], transit: 'plain' }
const LET_ALL_IN: EntranceSettings = {
  tls: null,
  ingress: [
    { cidr: '127.0.0.0/8', ports: null },
    { cidr: '::1/128', ports: null },
  ],
}

/** A server of a directory and ports of its own. */
export function specOf(name: ServerName, more: Partial<RedisSpec> = {}): RedisSpec {
  return {
    port: nextPort(),
    innerPort: nextPort(),
    announce: { ip: '127.0.0.1' },
    incarnation: 1,
    program: programOf(name),
    directory: join(temporaryDirectory(), 'node'),
    secret: randomBytes(16).toString('hex'),
    fixed: {},
    live: OPEN,
    ...more,
  }
}

/** Starts it, and has it listen on its port. */
export async function startNode(spec: RedisSpec, door: Partial<EntranceSettings> = {}): Promise<RedisNode> {
  const node = await RedisNode.start(spec, { ...LET_ALL_IN, ...door })
  onTestFinished(() => node.stop())
  await node.listen({ host: '127.0.0.1', port: spec.port })
  return node
}

/** One client of a port. */
export class TestClient {
  readonly closed: Promise<void>
  readonly #socket: net.Socket
  readonly #decoder = new ReplyDecoder()
  readonly #waiting: ((reply: Reply) => void)[] = []
  #isClosed = false

  /** @param ca Speaks TLS, with the certificates of this authority. */
  constructor(port: number, { ca, host = '127.0.0.1' }: { readonly ca?: string; readonly host?: string } = {}) {
    this.#socket =
      ca === undefined ? net.connect({ host, port }) : tls.connect({ host, port, ca, servername: 'localhost' })
    this.closed = new Promise((resolve) => this.#socket.on('close', () => resolve()))
    this.#socket.on('error', () => undefined)
    this.#socket.on('data', (bytes: Buffer) => {
      this.#decoder.push(bytes)
      for (let reply = this.#decoder.next(); reply !== undefined; reply = this.#decoder.next())
        this.#waiting.shift()?.(reply)
    })
    this.#socket.on('close', () => {
      this.#isClosed = true
      for (const answer of this.#waiting.splice(0)) answer({ kind: 'error', code: 'CLOSED', text: '' })
    })
    onTestFinished(() => void this.#socket.destroy())
  }

  reply(...command: string[]): Promise<Reply> {
    if (this.#isClosed) return Promise.resolve({ kind: 'error', code: 'CLOSED', text: '' })
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#socket.write(encodeCommand(command))
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  /** The reply as text: of an error its line, `CLOSED` where the connection has ended. */
  async say(...command: string[]): Promise<string> {
    const reply = await this.reply(...command)
    return isError(reply) ? `${reply.code} ${reply.text}`.trim() : textOf(reply)
  }
}

/** One command on a connection of its own. */
export const say = (port: number, ...command: string[]): Promise<string> => new TestClient(port).say(...command)
