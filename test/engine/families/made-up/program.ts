import { Readings } from '../../../../src/engine/nodes/readings.ts'
import type { NodeHost, RunningNode } from '../../../../src/engine/nodes/running.ts'
import type { NodeBase } from '../../../../src/engine/nodes/runtime.ts'
import type { Connection, Protocol, Talker } from '../../../../src/net/serve/connection.ts'
import { Server } from '../../../../src/net/serve/server.ts'
import { SocketCounters } from '../../../../src/net/serve/socket-counters.ts'
import { WriteQueue } from '../../../../src/net/serve/write-queue.ts'

export interface AbacusSettings {
  readonly program: 'abacus'
  readonly rods: number
  readonly live: { readonly beads: number }
}

/** What nodes tell beside what every node does. */
export const READINGS = new Readings(['questions'])

/** An abacus: whatever line a client says, it answers with its rods and beads. */
export function startAbacus(spec: NodeBase & AbacusSettings, { places }: NodeHost): RunningNode<never> {
  const { rods, live } = spec
  let { beads } = live
  let asked = 0
  const replies = new WriteQueue()
  const talk = (): Talker => ({
    consume(_bytes, end) {
      asked++
      replies.line(`${rods} rods of ${beads} beads`)
      return end
    },
    served() {},
    ended() {},
  })
  const protocol: Protocol = { replies, counters: new SocketCounters(), connections: new Set<Connection>(), talk }
  const { door, ...server } = serve(protocol, spec, places)
  return {
    listen: (address) => door.listen(address),
    unlisten: async (address) => door.unlisten(address),
    allow() {},
    // Sound: the fleet hands a node what its own family says.
    adjust: (now: AbacusSettings['live']) => {
      beads = now.beads
    },
    impair: (impairment) => door.impair(impairment),
    renewCertificate: (pem) => door.renewCertificate(pem),
    counters: () => ({
      pid: null,
      connections: 0,
      items: beads * rods,
      bytes: 0,
      memoryBytes: 0,
      ecpus: 0,
      throttled: 0,
    }),
    reading: () => READINGS.of([['questions', asked]]),
    stop: () => server.close(),
  }
}

function serve(protocol: Protocol, { tls }: NodeBase, places: NodeHost['places']) {
  const budget = { most: 10, wait: false, refusal: Buffer.from('No hand is free\r\n'), places }
  const server = new Server(protocol, { tls: tls ?? undefined, backlog: 16, admits: () => true, budget })
  return { door: server.door, close: () => server.close() }
}
