/** What `import { startEngine } from 'cachectl'` gives: a local ElastiCache in this process, for tests. */

export interface EngineOptions {
  /** Where the engine keeps its state; kept at the end. Absent: a directory of its own, gone at the end. */
  readonly stateDir?: string
  /** Of the API, on loopback. Default 0: any that is free. */
  readonly port?: number
  /** Where calls go that name none. Default `us-west-2`. */
  readonly region?: string
  /** How long states in between last. Default `instant`. */
  readonly pace?: 'instant' | 'quick' | 'realistic'
  /** Hears what the engine logs, a line each. Absent: nobody does. */
  readonly log?: (line: string) => void
}

/** One address of a cache. */
export interface Endpoint {
  /** `configuration`, `primary`, `reader`, `endpoint` (of a serverless cache), or the node's id: `0001`, `cart-002`. */
  readonly role: string
  readonly host: string
  readonly port: number
}

export interface LocalEngine {
  /** Base URL of the API: AWS_ENDPOINT_URL_ELASTICACHE. */
  readonly url: string
  readonly region: string
  readonly stateDir: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** For a client of the SDK: `new ElastiCacheClient(engine.clientConfig)`. */
  readonly clientConfig: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
  /** What points aws, boto3 and SDKs in other processes at the engine. */
  readonly env: Readonly<Record<string, string>>
  /** Certificate (PEM) of the authority behind the caches' TLS. */
  readonly ca: string
  /** Where a cluster, replication group or serverless cache answers. Rejects where there is none of that name. */
  endpoints(cache: string): Promise<Endpoint[]>
  /** The same, once it is available. Rejects when it can't become so, or has not within `timeoutMs` (default 60 000). */
  available(cache: string, options?: { readonly timeoutMs?: number }): Promise<Endpoint[]>
  /** Ends the caches and the engine. Called again it does nothing. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts an engine; several in one process do not know of each other. Resolves when its API answers. Rejects when the state
 * directory is held by another engine or cannot be used, and when the port is taken; with a TypeError for an option that there
 * is not, or that cannot have that value.
 */
export declare function startEngine(options?: EngineOptions): Promise<LocalEngine>
