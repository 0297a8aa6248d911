/** What values of parameters are to a server: its directives, which are not all called as the parameters are. Pure. */
import type { NodeType } from '../../../api/catalog/node-types.ts'
import { namesOf } from '../../../api/tables.ts'
import type { GroupSettings } from '../family.ts'
import { effectiveValue, existsIn } from '../parameter.ts'
import { PARAMETERS, type ParameterName, type ParameterValues } from './parameters.ts'
import { applicable, parseRenames } from './renames.ts'

/**
 * Not directives of a server: what ElastiCache does itself (memory that is reserved, clients of replicas, names of commands), what the
 * engine decides by what a group is (persistence, cluster mode, names for clients), and what only ElastiCache's own server has.
 */
const OWN: ReadonlySet<ParameterName> = new Set([
  'appendfsync',
  'appendonly',
  'close-on-replica-write',
  'close-on-slave-write',
  'cluster-databases',
  'cluster-enabled',
  'cluster-preferred-endpoint-type',
  'databases',
  'lua-replicate-commands',
  'maxclients',
  'rename-commands',
  'replica-allow-chaining',
  'reserved-memory',
  'reserved-memory-percent',
  'search-default-timeout-ms',
  'search-enable-partial-results',
  'search-fanout-target-mode',
  'slave-allow-chaining',
])

/** Several parameters in one directive. */
const BUFFER_LIMITS = 'client-output-buffer-limit'

const NAMES = namesOf(PARAMETERS)

/** What a server of a version is told by these values, where they differ from each other by node type for that type. */
export function settingsOf(values: ParameterValues, version: string, type: NodeType): GroupSettings {
  const value = (name: ParameterName) => effectiveValue(PARAMETERS, values, name, version)
  const exists = (name: ParameterName) => existsIn(PARAMETERS[name], version)
  const plain = NAMES.filter((name) => exists(name) && !OWN.has(name) && !name.startsWith(BUFFER_LIMITS))
  return {
    directives: {
      ...Object.fromEntries(plain.map((name) => [name, value(name)])),
      [BUFFER_LIMITS]: bufferLimits(value, exists('client-output-buffer-limit-replica-soft-seconds'), type),
      maxclients: String(type.maxClients),
    },
    fixed: { databases: value('databases') },
    renamed: exists('rename-commands') ? applicable(parseRenames(value('rename-commands')) ?? []) : [],
    closeOnReplicaWrite:
      value(exists('close-on-replica-write') ? 'close-on-replica-write' : 'close-on-slave-write') === 'yes',
  }
}

function bufferLimits(
  value: (name: ParameterName) => string,
  hasReplicas: boolean,
  { replicaBuffer }: NodeType,
): string {
  const replicaSeconds = value(
    hasReplicas ? 'client-output-buffer-limit-replica-soft-seconds' : 'client-output-buffer-limit-slave-soft-seconds',
  )
  const limits = (of: 'normal' | 'pubsub') => [
    of,
    value(`client-output-buffer-limit-${of}-hard-limit`),
    value(`client-output-buffer-limit-${of}-soft-limit`),
    value(`client-output-buffer-limit-${of}-soft-seconds`),
  ]
  return [...limits('normal'), 'replica', replicaBuffer, replicaBuffer, replicaSeconds, ...limits('pubsub')].join(' ')
}
