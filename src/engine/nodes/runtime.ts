/** What the engine asks of whatever runs cache nodes: embedded nodes in worker threads, or real servers. */

export interface NodeSpec {
  /** Unique in the engine: `us-west-2/shop/0001`. */
  readonly key: string
  /** Spread over workers together: `us-west-2/shop`. */
  readonly cluster: string
  readonly incarnation: number
  readonly addresses: readonly string[]
  readonly port: number
  readonly engineVersion: string
  /** Bytes for items. */
  readonly memoryLimit: number
  readonly threads: number
  readonly tls: { readonly key: string; readonly cert: string } | null
}

/** Counters of a running node, as its process or thread reports them. */
export interface NodeCounters {
  readonly worker: number | null
  readonly connections: number
  readonly items: number
  readonly bytes: number
  readonly memoryBytes: number
}

/** Every promise settles when the effect is there: a started node answers, an announced list is what clients get. */
export interface NodeRuntime {
  /** Rejects with the system's error code (`EADDRINUSE`) and leaves nothing listening. */
  start(spec: NodeSpec): Promise<void>
  stop(key: string): Promise<void>
  /** Sets the discovery payload that the node answers with. */
  announce(key: string, payload: Buffer): Promise<void>
  /** Lets the node answer on the configuration endpoint's port as well, or no longer. */
  attach(key: string, addresses: readonly string[], port: number): Promise<void>
  detach(key: string, addresses: readonly string[], port: number): Promise<void>
  counters(): Promise<ReadonlyMap<string, NodeCounters>>
  /** Called with the keys of nodes that ended by themselves. */
  onLost(listener: (keys: readonly string[]) => void): void
  readonly workers: number
  close(): Promise<void>
}
