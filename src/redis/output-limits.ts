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
    if (client.kind === 'replica') return limits.slave ?? NO_LIMIT
    return (client.subscriptions > 0 ? limits.pubsub : limits.normal) ?? NO_LIMIT
  }
  const heed = (client: Client): void => {
    const { connection } = client
    if (connection === undefined) return
    const bytes = connection.behind + client.outboxBytes
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
  core.posted = (client) => {
    if (client.outboxBytes > LOOK_FROM) heed(client)
  }
  core.chores.push(() => {
    for (const client of core.clients.values())
      if (client.subscriptions > 0 || client.kind === 'replica' || over.has(client) || client.connection?.congested)
        heed(client)
  })
  core.farewells.push((client) => over.delete(client))
}

// Less is no client's limit.
const LOOK_FROM = 64 * 1024
