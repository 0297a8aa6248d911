import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineName } from '../../api/catalog/engines.ts'
import { engineFiles, type NodeRuntimeName, SERVERS_OF_MEMCACHED, type ServerPlaces } from '../../api/local-engine.ts'
import { writeWhole } from '../store/durable-file.ts'
import type { CacheClusterRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { type InstalledProgram, NotInstalled } from './installed.ts'
import type { NodeFiles } from './runtime.ts'
import type { OneOf } from './wanted.ts'

const RECORD = { region: 'engine', id: 'node-runtime' } as const
/** Paths of socket files end at 104 bytes on macOS, at 108 on Linux. */
const SOCKET_PATH_BYTES = 100
const SOCKET_NAME_LETTERS = 12
const SECRET_BYTES = 32

export interface NodeRuntimesOptions {
  readonly store: Store
  readonly stateDir: string
  /** What the engine is started with; absent: what it was started with before. */
  readonly asked: NodeRuntimeName | undefined
  /** Where server programs are that are not to be those in PATH. */
  readonly serverPlaces?: ServerPlaces | undefined
  /** What may run the nodes of an engine. */
  readonly programsOf: (engine: EngineName) => RunnablePrograms
}

/** What an engine's nodes may be, and how that which is a server of its own is found on this machine. */
export interface RunnablePrograms {
  readonly embedded?: object
  /** `installed` throws NotInstalled. */
  readonly process?: { readonly installed: () => InstalledProgram }
}

/**
 * What runs the nodes of a cluster: embedded nodes, or real servers. The engine has one for all, kept in its state; a
 * cluster may have been created with another (a tag), and keeps that.
 */
export class NodeRuntimes {
  readonly standard: NodeRuntimeName
  readonly serverPlaces: ServerPlaces
  readonly #options: NodeRuntimesOptions
  readonly #installed = new Map<EngineName, InstalledProgram>()
  #sockets: string | undefined
  #temporary: string | undefined
  #secret: string | undefined

  /** Throws NotInstalled when nodes of Memcached are to be real and cannot. */
  constructor(options: NodeRuntimesOptions) {
    this.#options = options
    this.serverPlaces = options.serverPlaces ?? {}
    const { store, asked } = options
    this.standard = asked ?? store.get('nodeRuntime', RECORD.region, RECORD.id)?.name ?? 'auto'
    if (this.standard === SERVERS_OF_MEMCACHED) this.installed('memcached')
    this.remember()
  }

  /** Again after everything was forgotten. */
  remember(): void {
    const { store } = this.#options
    if (store.get('nodeRuntime', RECORD.region, RECORD.id)?.name === this.standard) return
    store.change((change) => change.put('nodeRuntime', { ...RECORD, name: this.standard }))
  }

  /** Of a cluster of Memcached. */
  of({ nodeRuntime = this.standard }: Pick<CacheClusterRecord, 'nodeRuntime'>): NodeRuntimeName {
    return isOfServers(nodeRuntime) ? nodeRuntime : 'embedded'
  }

  /** The program that is asked for, or the other where there is only that. */
  choose<E, P>(programs: { readonly embedded?: E; readonly process?: P }, asked = this.standard): OneOf<E, P> {
    const { embedded, process } = programs
    if (process && (isOfServers(asked) || !embedded)) return { process }
    if (embedded) return { embedded }
    throw new Error('there is no program to run nodes')
  }

  /** The server that nodes of an engine are, asked for by this name; undefined: they are embedded. Throws NotInstalled. */
  installed(engine: EngineName, asked = this.standard): InstalledProgram | undefined {
    const { process } = this.choose(this.#options.programsOf(engine), asked)
    // Looked for until it is there.
    const found = process && (this.#installed.get(engine) ?? process.installed())
    if (found) this.#installed.set(engine, found)
    return found
  }

  /** What the nodes of a cluster answer to `version`; null when their server is no longer installed. */
  versionOf({ engine, engineVersion, nodeRuntime }: CacheClusterRecord): string | null {
    try {
      return this.installed(engine, nodeRuntime)?.version ?? engineVersion
    } catch (error) {
      if (error instanceof NotInstalled) return null
      throw error
    }
  }

  /** Where a node that is a server has its socket and its log. */
  filesOf(key: string): NodeFiles {
    const name = createHash('sha256').update(key).digest('base64url').slice(0, SOCKET_NAME_LETTERS)
    const { nodeLogs, nodes, snapshots, logs } = engineFiles(this.#options.stateDir)
    return {
      socket: join(this.#socketDirectory(), name),
      log: join(nodeLogs, `${key.replaceAll('/', '.')}.log`),
      directory: join(nodes, key),
      snapshots,
      logs,
      secret: this.secret,
      serverPlaces: this.serverPlaces,
    }
  }

  close(): void {
    if (this.#temporary) rmSync(this.#temporary, { recursive: true, force: true })
  }

  /** What servers know this engine by; made when it is asked for first. */
  get secret(): string {
    this.#secret ??= secretIn(engineFiles(this.#options.stateDir).nodeSecret)
    return this.#secret
  }

  #socketDirectory(): string {
    if (this.#sockets) return this.#sockets
    const own = join(this.#options.stateDir, 'sockets')
    if (Buffer.byteLength(own) + 1 + SOCKET_NAME_LETTERS <= SOCKET_PATH_BYTES)
      mkdirSync(own, { recursive: true, mode: 0o700 })
    else this.#temporary = mkdtempSync(join(tmpdir(), 'cachectl-'))
    this.#sockets = this.#temporary ?? own
    return this.#sockets
  }
}

/** Of Memcached, and of what has no other. */
const isOfServers = (name: NodeRuntimeName): boolean => name === 'server' || name === SERVERS_OF_MEMCACHED

/** The secret that a file holds by which servers know their engine; made where there is none. */
export function secretIn(file: string): string {
  if (!existsSync(file)) writeWhole(file, randomBytes(SECRET_BYTES).toString('hex'))
  return readFileSync(file, 'utf8')
}
