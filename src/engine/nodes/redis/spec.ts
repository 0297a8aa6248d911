/** What a Redis OSS or Valkey server of the engine is to be, as plain data: it travels to worker threads. */
import type { ServerName } from '../../../api/local-engine.ts'
import type { LogType } from '../../../api/local-logs.ts'
import type { Transit } from '../../../net/serve/listener.ts'

/** A node of a group in cluster mode, as every node of the group is to know it. */
export interface Member {
  /** 40 hex digits, the member's for as long as it lives: a server that takes its place has the same. */
  readonly nodeId: string
  /** The address and the port clients know it by: its door's. Without an address that of the server that is told. */
  readonly ip?: string
  readonly port: number
  /** What clients are told instead of the address. */
  readonly hostname?: string
  readonly busPort: number
  /** Where the server itself listens: parts of the engine find each other there where doors could not tell them from clients. */
  readonly innerPort?: number
  /** What tells its shard from others: any text, the same for the shard's whole life. */
  readonly shard: string
  /** Of the shard. They are given to a server at its start and when no server has them; moving them is said apart. */
  readonly slots: readonly SlotRange[]
  /** Whether it is the primary of its shard; each shard has one. */
  readonly primary: boolean
}

export type SlotRange = readonly [first: number, last: number]

/** Where a replica gets its data: a server of this engine, or a stranger's, which is told no password. */
export type Source =
  | { readonly ip?: string; readonly port: number; readonly innerPort: number }
  | { readonly host: string; readonly port: number }

/** A primary of this engine that a server of another cluster takes its data from. */
export interface FeedSource {
  readonly innerPort: number
}

/** What of a server can change while it runs. It is made to agree with all of it, whatever it was before. */
export interface RedisLive {
  /**
   * In cluster mode off: whose replica it is. One that is independent leaves its primary, which goes on as it is; one that is left
   * alone stays what it is.
   */
  readonly role?: 'primary' | 'independent' | 'left alone' | { readonly replicaOf: Source }
  /** In cluster mode: the whole group. */
  readonly topology?: readonly Member[]
  /** In cluster mode, of a primary: another cluster's, whose data it takes. */
  readonly feed?: FeedSource
  /** Clients may only read. */
  readonly refusesWrites?: boolean
  /** What CONFIG SET takes. */
  readonly directives: Readonly<Record<string, string>>
  /**
   * All users clients may log in as: a name and rules as ACL SETUSER takes them (`default on nopass ~* &* +@all`). The commands
   * that ElastiCache keeps to itself are taken from them here.
   */
  readonly users: readonly string[]
  readonly transit: Transit
  /** Writes are not served for now; clients wait. */
  readonly holdsWrites?: boolean
  /** Of a serverless cache: what it may use in a second; infinite: it is metered only. Absent: neither. */
  readonly ecpuPerSecond?: number
  readonly logins?: Logins
  /** There is no room for anything more: what would take some is refused. */
  readonly isFull?: boolean
  /** What is wrong with the links that its replicas have to it. */
  readonly links?: LinkFaults
  /** A client that writes to a replica is hung up on after the error, so that it looks up the primary anew. */
  readonly closeOnReplicaWrite?: boolean
  /** One of a type at most. */
  readonly logs?: readonly DeliveredLog[]
}

/** A log of a server that goes to a stream. */
export interface DeliveredLog {
  readonly type: LogType
  readonly format: 'json' | 'text'
  readonly region: string
  /** The cache cluster that entries name. */
  readonly cluster: string
  /** A file of {@link RedisSpec.logs}. */
  readonly stream: string
}

/** By the address and the port that clients know the replica by (`127.0.0.1:6379`): its link is cut, or what it hears comes late by so many milliseconds. */
export type LinkFaults = Readonly<Record<string, 'cut' | number>>

/** What the door sees to when clients say who they are, as no server could. Absent: nothing. */
export interface Logins {
  /** Whether clients that say nothing are the default user, though that has passwords. */
  readonly isOpen: boolean
  /** Users that log in with tokens of IAM. */
  readonly iam: readonly string[]
}

/** A server that is to run, as it is for one life of it. */
export interface RedisSpec {
  /** The port clients know it by: its door's. */
  readonly port: number
  /** Where the server itself listens, on loopback: replicas in cluster mode off and moves of slots go there. */
  readonly innerPort: number
  /** What it tells clients to go to: an address, and a name when clients in cluster mode are to be given names. */
  readonly announce: { readonly ip: string; readonly hostname?: string }
  /** In cluster mode: its own id of {@link RedisLive.topology}. */
  readonly nodeId?: string
  /** A server of an older incarnation is ended; one of this one is taken over from an engine that was killed. */
  readonly incarnation: number
  readonly program: RedisProgram
  /** A serverless cache knows fewer commands than a node. */
  readonly service?: 'serverless'
  /** The server's own: what is in it from before is gone at its start, but for the log. */
  readonly directory: string
  /** Of the state directory: what the engine's own user and the commands it keeps to itself are called by. */
  readonly secret: string
  /** Directives that only a start takes (`databases`). */
  readonly fixed: Readonly<Record<string, string>>
  /** New names of commands that the parameter group gives, the old one first. */
  readonly renamed?: readonly (readonly [command: string, name: string])[]
  /** A file of a snapshot that it starts with. */
  readonly rdb?: string
  /** The folder of log streams. Absent: none are written. */
  readonly logs?: string
  readonly live: RedisLive
}

/** What a server is, or stands for. */
export interface RedisProgram {
  readonly name: ServerName
  /** Absent: it is a part of the engine that stands for one. */
  readonly path?: string
  /** `7.0.15` */
  readonly version: string
}
