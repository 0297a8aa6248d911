import type { Socket } from 'node:net'
import { inMilliseconds } from '../../../net/clock.ts'
import { Door } from '../../../net/serve/door.ts'
import { type Afflicted, Affliction, type Impairment } from '../../../net/serve/impairment.ts'
import type { ListenAddress, Transit } from '../../../net/serve/listener.ts'
import type { Guest } from '../../../redis/keeper.ts'
import { type Admission, admissionOf, type IngressRule } from '../../network/ingress.ts'
import { Links } from './links.ts'
import type { LoginsOptions } from './logins.ts'
import type { Meter } from './meter.ts'
import { Passage } from './passage.ts'
import type { Server } from './server.ts'
import type { LinkFaults, Logins } from './spec.ts'

const BACKLOG = 511
/** A replica that has not read by then what is left of its primary gets it no more. */
const DRAIN_MS = 1_000
/** The servers' own default. */
const KEEP_ALIVE_SECONDS = 300

export interface EntranceSettings {
  readonly tls: { readonly key: string; readonly cert: string } | null
  readonly ingress: readonly IngressRule[]
  /** Checks the tokens that clients from an address log in with. Absent: none is right. */
  readonly checkLogin?: (user: string, token: string, from: string) => Promise<number>
}

/** A server behind a door: by the name of its node, and its socket, or how it serves clients itself. */
export interface Served extends Pick<Server, 'socket' | 'adopt'> {
  readonly name: string
}

/** What the door knows of a client of its server. */
interface Client {
  readonly secure: boolean
  /** Whether it is a server of the engine itself. */
  readonly isOwn: boolean
  /** What its server is called. */
  readonly of: string
}

export interface EntranceOptions extends EntranceSettings {
  readonly transit: Transit
  /** The address that the engine's own servers dial from: they are let in, and speak plain text, whatever clients have to. */
  readonly ownAddress: string | undefined
  /** The server that the next client is passed on to; undefined: there is none. */
  readonly server: () => Served | undefined
  readonly closesOnReadonly: () => boolean
  /**
   * How long a client is silent until its system is asked whether it is still there; 0: for ever. The server cannot ask: its
   * clients' sockets end at the door.
   */
  readonly keepAliveSeconds?: () => number | undefined
  /** Whether clients may only read, at first; {@link Entrance.refuseWrites} changes it. */
  readonly refusesWrites?: boolean
  /** Whether clients are not to know of a command. */
  readonly isRestricted: (command: string) => boolean
  /** Counts what clients of a serverless cache use. */
  readonly meter?: Meter | undefined
  readonly logins: () => Logins | undefined
  /** The server's, of users that the door lets in. */
  readonly password: string
}

/** The door of a server, and the clients that are passed on through it, or handed to the server if that is a part of the engine. */
export class Entrance {
  readonly #options: EntranceOptions
  readonly #door: Door
  /** What clients are handed over with. */
  readonly #guest: Guest
  readonly #clients = new Map<Afflicted, Client>()
  /** Those of replicas. */
  readonly #links = new Links()
  /** What clients of some of the servers suffer from, by the names of those. */
  #afflictions = new Map<string, Affliction>()
  #admission: Admission
  #transit: Transit
  #refusesWrites: boolean

  constructor(options: EntranceOptions) {
    this.#options = options
    this.#guest = { meter: options.meter }
    this.#transit = options.transit
    this.#refusesWrites = options.refusesWrites === true
    this.#admission = admissionOf(options.ingress)
    this.#door = new Door({
      tls: options.tls ?? undefined,
      backlog: BACKLOG,
      transitOf: (socket) => (this.#isOwn(socket) ? 'plain' : this.#transit),
      admits: (socket) => this.#isOwn(socket) || this.#admission(socket.remoteAddress, socket.localPort),
      serve: (socket, secure) => this.#serve(socket, secure),
      clients: { [Symbol.iterator]: () => this.#clients.keys() },
      // Faults of clients; what is between servers has its own.
      suffers: (socket) => !this.#isOwn(socket),
    })
  }

  /** Clients there are now, the engine's own servers apart. */
  get clients(): number {
    return this.#guests().length
  }

  async listen(address: ListenAddress): Promise<void> {
    await this.#door.listen(address)
  }

  unlisten(address: ListenAddress): void {
    this.#door.unlisten(address)
  }

  allow(rules: readonly IngressRule[]): void {
    this.#admission = admissionOf(rules)
  }

  impair(impairment: Impairment | null): void {
    this.#door.impair(impairment)
  }

  /** What clients suffer from by the server that they are passed on to, in the place of what they did before. */
  impairServers(impairments: Readonly<Record<string, Impairment>>): void {
    const before = this.#afflictions
    this.#afflictions = new Map()
    for (const affliction of before.values()) affliction.lift()
    this.#afflictions = new Map(
      Object.entries(impairments).map(([name, impairment]) => {
        const clients = this.#guests().filter(([, { of }]) => of === name)
        return [
          name,
          new Affliction(
            impairment,
            clients.map(([client]) => client),
          ),
        ]
      }),
    )
  }

  /** What goes wrong from now on between the server and its replicas. */
  impairLinks(faults: LinkFaults): void {
    this.#links.impair(faults)
  }

  renewCertificate(certificate: { readonly key: string; readonly cert: string }): void {
    this.#door.renewCertificate(certificate)
  }

  /** What clients have to speak from now on; those that speak plain text are hung up on when that is over. */
  speak(transit: Transit): void {
    this.#transit = transit
    if (transit === 'tls') for (const [{ socket }, { secure }] of this.#guests()) if (!secure) socket.destroy()
  }

  /**
   * Whether clients may only read from now on: that the server does not let them write they are told as replicas tell it. Those
   * that are there when it begins are hung up on.
   */
  refuseWrites(refuses: boolean): void {
    const isNew = refuses && !this.#refusesWrites
    this.#refusesWrites = refuses
    if (isNew) for (const [{ socket }] of this.#guests()) socket.destroy()
  }

  /**
   * Lets nobody in any more, and hangs up on clients. What the server had said to replicas before it ended still reaches them:
   * clients may have been told that it is kept.
   */
  close(): void {
    this.#door.close()
    for (const affliction of this.#afflictions.values()) affliction.end()
    for (const [{ socket }, { isOwn }] of this.#clients) {
      if (!isOwn) socket.destroy()
      else inMilliseconds(DRAIN_MS, () => socket.destroy())
    }
  }

  #serve(socket: Socket, secure: boolean): void {
    const isOwn = this.#isOwn(socket)
    const server = this.#options.server()
    // Of a client that was silent while the port began to speak TLS only.
    const isLate = !secure && !isOwn && this.#transit === 'tls'
    if (server === undefined || isLate) {
      socket.destroy()
      return
    }
    const admit = () => this.#pass(socket, secure, server)
    const verdict = this.#afflictions.get(server.name)?.gate(socket, admit) ?? true
    if (verdict === true) admit()
    else if (verdict === false) socket.destroy()
  }

  #pass(socket: Socket, secure: boolean, server: Served): void {
    const isOwn = this.#isOwn(socket)
    const client =
      server.adopt && !isOwn ? server.adopt(socket, secure, this.#door, this.#guest) : this.#passageOf(socket, server)
    if (!client) return
    this.#clients.set(client, { secure, isOwn, of: server.name })
    this.#afflictions.get(server.name)?.burden(client)
    client.socket.on('close', () => this.#clients.delete(client))
  }

  #passageOf(socket: Socket, { socket: server }: Served): Passage {
    const isOwn = this.#isOwn(socket)
    const seconds = this.#options.keepAliveSeconds?.() ?? KEEP_ALIVE_SECONDS
    socket.setKeepAlive(seconds > 0, seconds * 1_000)
    const closesOnReadonly = () => !isOwn && this.#options.closesOnReadonly()
    const line = isOwn ? undefined : this.#options.meter?.line()
    const logins = isOwn || !this.#options.logins() ? undefined : this.#loginsOf(socket)
    const refusesWrites = !isOwn && this.#refusesWrites
    const isRestricted = isOwn ? undefined : this.#options.isRestricted
    const told = { closesOnReadonly, refusesWrites, isRestricted }
    const passage = new Passage(socket, { server, isOwn, ...told, line, logins })
    this.#door.burden(passage)
    if (isOwn) this.#links.watch(passage)
    return passage
  }

  #loginsOf({ remoteAddress = '' }: Socket): LoginsOptions {
    const { logins, password, checkLogin } = this.#options
    return { logins, password, check: async (user, token) => (await checkLogin?.(user, token, remoteAddress)) ?? 0 }
  }

  #guests(): [Afflicted, Client][] {
    return [...this.#clients].filter(([, { isOwn }]) => !isOwn)
  }

  #isOwn({ remoteAddress }: Socket): boolean {
    const { ownAddress } = this.#options
    return ownAddress !== undefined && remoteAddress === ownAddress
  }
}
