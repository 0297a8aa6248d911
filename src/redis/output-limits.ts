import type { Client } from './client.ts'
import type { Core } from './core.ts'

interface Limit {
  readonly hard: number
  readonly soft: number
  readonly seconds: number
}

const NO_LIMIT: Limit = { hard: 0, soft: 0, seconds: 0 }
const MS_PER_SECOND = 1000

/** `client-output-buffer-limit`: ends clients that don't read what they are sent. */
export function startOutputLimits(core: Core): void {
  let limits: Readonly<Record<string, Limit>> = {}
  const over = new Map<Client, number>()
  core.config.follow(['outputBufferLimits'], () => {
    const words = core.config.settings.outputBufferLimits.split(' ')
    const read = { ...limits }
    for (let at = 0; at + 3 < words.length; at += 4) {
      const [hard = 0, soft = 0, seconds = 0] = words.slice(at + 1, at + 4).map(Number)
      read[words[at] ?? ''] = { hard, soft, seconds }
    }
    limits = read
  })
  const limitOf = (client: Client): Limit => {
    if (client.kind === 'replica') return atLeast(limits.slave ?? NO_LIMIT, core.config.settings.replBacklogSize)
    return (client.subscriptions > 0 ? limits.pubsub : limits.normal) ?? NO_LIMIT
  }
  const heed = (client: Client): void => {
    const { connection } = client
    if (connection === undefined) return
    const bytes = client.kind === 'replica' ? client.unsent : connection.behind + client.outboxBytes
    const { hard, soft, seconds } = limitOf(client)
    const since = over.get(client)
    const isOverSoft = soft > 0 && bytes > soft
    if (!isOverSoft) over.delete(client)
    else if (since === undefined) over.set(client, core.keyspace.now)
    const isOver =
      (hard > 0 && bytes > hard) ||
      (isOverSoft && core.keyspace.now - (since ?? core.keyspace.now) >= seconds * MS_PER_SECOND && since !== undefined)
    if (!isOver) return
    core.log('warning', `Client ${client.id} closed for overcoming of output buffer limits.`)
    core.counters.outputLimitDisconnections++
    client.outbox = []
    client.outboxBytes = 0
    connection.drop('error')
  }
  core.chores.push(() => evictClients(core))
  core.posted = (client) => {
    if (client.outboxBytes <= LOOK_FROM && client.unsent <= LOOK_FROM) return
    heed(client)
    evictClients(core)
  }
  core.chores.push(() => {
    for (const client of core.clients.values())
      if (client.subscriptions > 0 || client.kind === 'replica' || over.has(client) || client.connection?.congested)
        heed(client)
  })
  core.farewells.push((client) => over.delete(client))
}

/** A replica may be as far behind as it could be told again anyway. */
const atLeast = (limit: Limit, bytes: number): Limit => ({
  ...limit,
  hard: limit.hard > 0 ? Math.max(limit.hard, bytes) : 0,
  soft: limit.soft > 0 ? Math.max(limit.soft, bytes) : 0,
})

// Less is no client's limit.
const LOOK_FROM = 64 * 1024

const memoryOf = ({ connection, outboxBytes, queryBytes }: Client): number =>
  (connection?.behind ?? 0) + outboxBytes + queryBytes

/** `maxmemory-clients`: of what clients take together, those that take most go first. */
function evictClients(core: Core): void {
  const { maxmemory, maxmemoryClients } = core.config.settings
  // Below 0, it is a share of maxmemory in percent.
  const most = maxmemoryClients >= 0 ? maxmemoryClients : (-maxmemoryClients / 100) * maxmemory
  if (most === 0) return
  const clients = [...core.clients.values()].filter(({ closing }) => !closing).sort((a, b) => memoryOf(b) - memoryOf(a))
  let taken = clients.reduce((sum, client) => sum + memoryOf(client), 0)
  for (const client of clients) {
    if (taken <= most) return
    if (client.noEvict || client.kind === 'replica' || client.kind === 'master') continue
    taken -= memoryOf(client)
    core.counters.evictedClients++
    core.log('notice', `Evicting client: ${client.id}`)
    client.connection?.drop('error')
  }
}
