import { READONLY, WRITE } from '../commands/command.ts'
import type { Core } from '../core.ts'
import { pauseOf } from '../pause.ts'
import type { Replication } from './replication.ts'
import { has } from './restrictions.ts'

/** Has a replica send clients that can be sent (CLIENT CAPA redirect) to its primary. In cluster mode it is slots that say where. */
export function redirect(core: Core, replication: Replication): void {
  if (core.cluster) return
  const turn = core.checks.add((client, command) => {
    const { following, failover } = replication
    if (!client.takesRedirects || core.obeys || following === undefined) return undefined
    const isFor = has(client, command, WRITE) || (!client.readOnly && has(client, command, READONLY))
    if (!isFor) return undefined
    // Until the other one is the primary it would send them back.
    if (failover.state === 'failover-in-progress') return pauseOf(core).hold(client)
    return `REDIRECT ${following.primary.host}:${following.primary.port}`
  })
  replication.listeners.push(() => {
    turn(core.isReplica)
    core.updateGate()
  })
}
