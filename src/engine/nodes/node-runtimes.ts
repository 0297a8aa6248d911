import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engineFiles, type NodeRuntimeName } from '../../api/local-engine.ts'
import type { CacheClusterRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { type InstalledMemcached, installedMemcached, NoMemcached } from './memcached/installed.ts'
import type { MemcachedFiles } from './runtime.ts'

const RECORD = { region: 'engine', id: 'node-runtime' } as const
/** Paths of socket files end at 104 bytes on macOS, at 108 on Linux. */
const SOCKET_PATH_BYTES = 100
const SOCKET_NAME_LETTERS = 12

export interface NodeRuntimesOptions {
  readonly store: Store
  readonly stateDir: string
  /** What the engine is started with; absent: what it was started with before. */
  readonly asked: NodeRuntimeName | undefined
}

/**
 * What runs the nodes of a cluster: embedded nodes, or real memcached. The engine has one for all, kept in its state; a
 * cluster may have been created with another (a tag), and keeps that.
 */
export class NodeRuntimes {
  readonly standard: NodeRuntimeName
  readonly #options: NodeRuntimesOptions
  #memcached: InstalledMemcached | undefined
  #sockets: string | undefined
  #temporary: string | undefined

  /** Throws NoMemcached when all nodes are to be real and cannot. */
  constructor(options: NodeRuntimesOptions) {
    this.#options = options
    const { store, asked } = options
    this.standard = asked ?? store.get('nodeRuntime', RECORD.region, RECORD.id)?.name ?? 'embedded'
    if (this.standard === 'memcached') this.memcached()
    this.remember()
  }

  /** Again after everything was forgotten. */
  remember(): void {
    const { store } = this.#options
    if (store.get('nodeRuntime', RECORD.region, RECORD.id)?.name === this.standard) return
    store.change((change) => change.put('nodeRuntime', { ...RECORD, name: this.standard }))
  }

  of({ nodeRuntime = this.standard }: Pick<CacheClusterRecord, 'nodeRuntime'>): NodeRuntimeName {
    return nodeRuntime
  }

  /** The program of real nodes; throws NoMemcached. Looked for until it is there. */
  memcached(): InstalledMemcached {
    this.#memcached ??= installedMemcached()
    return this.#memcached
  }

  /** What the nodes of a cluster answer to `version`; null when memcached is no longer installed. */
  versionOf(cluster: CacheClusterRecord): string | null {
    if (this.of(cluster) === 'embedded') return cluster.engineVersion
    try {
      return this.memcached().version
    } catch (error) {
      if (error instanceof NoMemcached) return null
      throw error
    }
  }

  /** Where a real node has its socket and its log. */
  filesOf(key: string): MemcachedFiles {
    const name = createHash('sha256').update(key).digest('base64url').slice(0, SOCKET_NAME_LETTERS)
    const { nodeLogs } = engineFiles(this.#options.stateDir)
    return { socket: join(this.#socketDirectory(), name), log: join(nodeLogs, `${key.replaceAll('/', '.')}.log`) }
  }

  close(): void {
    if (this.#temporary) rmSync(this.#temporary, { recursive: true, force: true })
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
