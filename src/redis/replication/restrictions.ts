import type { Client } from '../client.ts'
import { type Command, LOADING, MAY_REPLICATE, NO_ASYNC_LOADING, READONLY, STALE, WRITE } from '../commands/command.ts'
import type { Core } from '../core.ts'
import { type Refusal, refusal } from '../protocol/refusals.ts'
import type { Replication } from './replication.ts'

const NO_REPLICAS = 'NOREPLICAS Not enough good replicas to write.'
const READ_ONLY = "READONLY You can't write against a read only replica."
const NOT_FOR_REPLICAS = "ERR Replica can't interact with the keyspace"

/** What speaks against commands by the role of the node and of its client, in the order of redis' processCommand. */
export function restrict(core: Core, replication: Replication): void {
  const { settings } = core.config
  const { keeper } = core
  const isReadOnlyTo = ({ user }: Client): boolean =>
    core.isReplica ? settings.replicaReadOnly : keeper.rules.refusesWrites && !keeper.isOwn(user?.name)
  const turns = [
    core.checks.add((client, command) => {
      const needed = settings.minReplicasToWrite
      const isFew = !core.isReplica && needed > 0 && settings.minReplicasMaxLag > 0
      if (!isFew || !has(client, command, WRITE)) return undefined
      return replication.replicas.good < needed ? NO_REPLICAS : undefined
    }),
    core.checks.add((client, command) => {
      if (core.obeys || !isReadOnlyTo(client) || !has(client, command, WRITE)) return undefined
      keeper.refusedWrite(client)
      return READ_ONLY
    }),
    core.checks.add((client, command) => {
      if (core.obeys || settings.replicaServeStaleData || !isStale(replication)) return undefined
      return lacks(client, command, STALE) ? MASTER_DOWN : undefined
    }),
    core.checks.add((client, command) => {
      if (core.loading === 'no') return undefined
      const isRefused =
        core.loading === 'yes' ? lacks(client, command, LOADING) : (command.flags & NO_ASYNC_LOADING) !== 0
      return isRefused ? loadingText(core) : undefined
    }),
    core.checks.add((client, command) => {
      if (client.kind !== 'replica') return undefined
      return has(client, command, WRITE | READONLY | MAY_REPLICATE) ? NOT_FOR_REPLICAS : undefined
    }),
  ]
  const update = (): void => {
    const isOn =
      core.isReplica ||
      core.loading !== 'no' ||
      settings.minReplicasToWrite > 0 ||
      replication.replicas.all.size > 0 ||
      keeper.rules.refusesWrites
    for (const turn of turns) turn(isOn)
    core.updateGate()
  }
  core.config.follow(['minReplicasToWrite'], update)
  replication.listeners.push(update)
  core.loadingListeners.push(update)
  keeper.follow(update)
}

const isStale = ({ following }: Replication): boolean => following !== undefined && !following.isConnected

const serverOf = ({ dialect, config }: Core): string =>
  dialect.engine === 'valkey' && !config.compatible ? 'Valkey' : 'Redis'

const loadingText = (core: Core): string => `LOADING ${serverOf(core)} is loading the dataset in memory`

/** What is refused until what the node has is there. */
export const whileLoading = (core: Core): Refusal => refusal(loadingText(core))

const MASTER_DOWN = "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."

/** Whether a command has one of these flags, or one of those that EXEC is to run. */
export const has = ({ transaction }: Client, { name, flags }: Command, flag: number): boolean =>
  (flags & flag) !== 0 || (name === 'exec' && (transaction?.queue.some((each) => (each.flags & flag) !== 0) ?? false))

const lacks = ({ transaction }: Client, { name, flags }: Command, flag: number): boolean =>
  (flags & flag) === 0 || (name === 'exec' && (transaction?.queue.some((each) => (each.flags & flag) === 0) ?? false))
