import { existsSync } from 'node:fs'
import { totalmem } from 'node:os'
import { NODE_CONNECTIONS } from '../../api/catalog/cache-node.ts'
import { familyOfEngine } from '../families/families.ts'
import type { Wakes } from '../lifecycle/wakes.ts'
import { ownAddresses } from '../network/own-addresses.ts'
import { canListen, Ports } from '../network/ports.ts'
import { CannotListen, type Reach, reachOf, refuseForeignAddresses } from '../network/reach.ts'
import type { Authority } from '../nodes/authority.ts'
import { EmbeddedRuntime } from '../nodes/embedded.ts'
import { EndpointModes } from '../nodes/endpoint-mode.ts'
import { Fleet } from '../nodes/fleet.ts'
import { NodeRuntimes } from '../nodes/node-runtimes.ts'
import { keysOf } from '../nodes/redis/restricted.ts'
import { endStrays } from '../nodes/redis/strays.ts'
import { RestoredLists } from '../nodes/restored-lists.ts'
import { systemClock } from '../time/clock.ts'
import { recordedClaims, wantedNames } from '../workloads/all.ts'
import { embedFormerServers } from '../workloads/former-servers.ts'
import type { Start } from './start.ts'
import type { State } from './state.ts'

export interface Nodes {
  readonly nodeRuntimes: NodeRuntimes
  readonly runtime: EmbeddedRuntime
  readonly fleet: Fleet
  readonly ports: Ports
  readonly endpointModes: EndpointModes
  /** Whether nodes can have loopback addresses of their own on this machine. */
  readonly hasOwnAddresses: boolean
  /** Loopback addresses of this machine. */
  readonly addresses: readonly string[]
  /** Where servers listen for those. */
  readonly reach: Reach
  /** Bytes that all nodes together may take: half of the machine. */
  readonly memoryBudget: number
}

/** What runs nodes. Throws NotInstalled where all are to be real ones and cannot. */
export async function openNodes(state: State, wakes: Wakes, start: Start): Promise<Nodes> {
  const { store, clock } = state
  const { log, opened } = start
  const nodeRuntimes = new NodeRuntimes({
    store,
    stateDir: start.stateDir,
    asked: start.nodeRuntime,
    serverPlaces: start.serverPlaces,
    programsOf: (engine) => familyOfEngine(engine).programs,
  })
  opened.add(() => nodeRuntimes.close())
  embedFormerServers(store, nodeRuntimes, log)
  const openAuthority = await authorityOf(state)
  const addresses = (await canListen('::1', 0)) ? ['127.0.0.1', '::1'] : ['127.0.0.1']
  const { listen = [] } = start
  await refuseForeignAddresses(listen)
  const reach = reachOf(listen)
  const runtime = new EmbeddedRuntime(start.workerFile, undefined, reach)
  opened.add(() => runtime.close())
  // No warning where the limit allows as many as one node may have at most.
  if (runtime.connectionLimit !== undefined && runtime.connectionLimit < NODE_CONNECTIONS) {
    log(
      `${runtime.connectionLimit} connections at most to all embedded nodes together: the limit of open files (ulimit -n)`,
    )
  }
  const memoryBudget = Math.floor(totalmem() / 2)
  const fleet = new Fleet({
    runtime,
    choose: ({ programs, nodeRuntime }) => nodeRuntimes.choose(programs, nodeRuntime),
    filesOf: (name) => nodeRuntimes.filesOf(name),
    openAuthority,
    memoryBudget,
    wallClock: systemClock.now,
    clock,
    wake: ({ kind, region, id }) => wakes.wake(kind, region, id),
  })
  if (existsSync(state.files.nodes)) {
    await endStrays(state.files.nodes, nodeRuntimes.secret, wantedNames(store))
  }
  const restoredLists = new RestoredLists(store, () => clock.now(), log)
  runtime.onRestored((name, loss) => {
    const key = fleet.nodeCalled(name)
    if (key) restoredLists.tell(key, loss)
  })
  const endpointModes = new EndpointModes(store, start.endpoints)
  if (endpointModes.mode !== 'ports' && (listen.length > 0 || start.advertisedHost !== undefined)) {
    throw new CannotListen(
      `Endpoints are told by names of this machine alone (--endpoints ${endpointModes.mode}).`,
      'For others, start the engine with --endpoints ports.',
    )
  }
  const hasOwnAddresses = await canListen('127.255.0.1', 0)
  const own = () => ownAddresses(start.stateDir, keysOf(nodeRuntimes.secret).address)
  const givesAddresses = endpointModes.mode !== 'ports' && hasOwnAddresses
  if (endpointModes.mode !== 'ports' && !hasOwnAddresses) {
    log('this machine has 127.0.0.1 alone of 127.0.0.0/8: nodes have a port each, not an address each')
  }
  const ports = new Ports(
    () => recordedClaims(store),
    reach(addresses),
    systemClock.now,
    givesAddresses ? own : undefined,
  )
  return { nodeRuntimes, runtime, fleet, ports, endpointModes, hasOwnAddresses, addresses, reach, memoryBudget }
}

/** Made with the state directory, and opened again when the first node with TLS needs it: its libraries are heavy. */
async function authorityOf({ files }: State): Promise<() => Promise<Authority>> {
  let authority: Promise<Authority> | undefined
  const open = async () => {
    const { Authority } = await import('../nodes/authority.ts')
    return Authority.open({ key: files.authorityKey, certificate: files.authorityCertificate }, systemClock.now())
  }
  const once = () => (authority ??= open())
  if (!existsSync(files.authorityCertificate)) await once()
  return once
}
