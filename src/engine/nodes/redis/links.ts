/** What goes wrong between a primary and its replicas, at the primary's door: that is where their connections come in. */
import type net from 'node:net'
import { delayReplies } from '../../../net/serve/impairment.ts'
import type { Passage } from './passage.ts'
import type { LinkFaults } from './spec.ts'

/** How a replica says who it is before it gets any data; it does so once. */
const INTRODUCTION = /listening-port\r\n\$\d+\r\n(\d+)\r\n.*ip-address\r\n\$\d+\r\n(\S+)\r\n/is
/** It says so within its first bytes, or is no replica. */
const INTRODUCTION_BYTES = 4_096

/** Of an address and a port, as keys of {@link LinkFaults}. */
export const addressText = (ip: string, port: number): string => `${ip}:${port}`

interface Link {
  readonly passage: Passage
  /** The address and port that clients know the replica by. */
  readonly place: string
  /** Ends what it suffers from. */
  relieve: () => void
}

/** The links that replicas have to a server, and their faults. */
export class Links {
  readonly #links = new Map<net.Socket, Link>()
  #faults: LinkFaults = {}

  /** Lets them suffer from these, and no longer from others. */
  impair(faults: LinkFaults): void {
    const before = this.#faults
    this.#faults = faults
    for (const link of this.#links.values()) if (before[link.place] !== faults[link.place]) this.#burden(link)
  }

  /** Finds out whose link a server's connection is, if it is one. */
  watch(passage: Passage): void {
    const { socket } = passage
    let said = ''
    const listen = (bytes: Buffer) => {
      said += bytes.toString('latin1')
      const [, port, ip] = INTRODUCTION.exec(said) ?? []
      const isTold = ip !== undefined && port !== undefined
      if (!isTold && said.length < INTRODUCTION_BYTES) return
      socket.off('data', listen)
      if (!isTold) return
      const link = { passage, place: addressText(ip, Number(port)), relieve: () => undefined }
      this.#links.set(socket, link)
      socket.on('close', () => this.#links.delete(socket))
      this.#burden(link)
    }
    socket.on('data', listen)
  }

  #burden(link: Link): void {
    link.relieve()
    link.relieve = () => undefined
    const fault = this.#faults[link.place]
    if (fault === 'cut') link.passage.socket.destroy()
    else if (fault !== undefined) link.relieve = delayReplies(link.passage, fault)
  }
}
