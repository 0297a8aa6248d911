/**
 * Parameters of Memcached, by the family of parameter groups that has them (guide, "Memcached specific parameters"). Ranges the
 * guide leaves out are those AWS prints for memcached1.4, else what memcached itself accepts. Booleans are 0 and 1, as AWS has
 * them, also where the guide says "enabled". Not here: `lru_crawler metadump`, which stands in the guide's table and is a command;
 * max_cache_memory and num_threads, which depend on the node type (NODE_TYPE_PARAMETERS). No parameter of Memcached is
 * conditionally modifiable, so that the rule about those when a cluster changes groups never bites.
 */
import { NODE_CONNECTIONS } from '../../../api/catalog/cache-node.ts'
import { type NodeTypeParameter, type ParameterRow, parametersOf, type Values } from '../parameter.ts'

const REBOOT = 'requires-reboot'
const SWITCH = '0,1'

const ROWS = {
  backlog_queue_limit: [
    '1024',
    'integer',
    '1-10000',
    'fixed',
    '1.4.5',
    'How many connections may wait to be accepted.',
  ],
  binding_protocol: ['auto', 'string', 'auto,ascii', REBOOT, '1.4.5', 'Protocols a node speaks: all, or text only.'],
  cas_disabled: ['0', 'boolean', SWITCH, REBOOT, '1.4.5', 'No check and set; items take 8 bytes less.'],
  chunk_size: ['48', 'integer', '1-1024', REBOOT, '1.4.5', 'Bytes for key, value and flags in the smallest chunk.'],
  chunk_size_growth_factor: [
    '1.25',
    'float',
    '1.01-100.00',
    REBOOT,
    '1.4.5',
    'How much larger the next chunk size is.',
  ],
  config_max: ['16', 'integer', '0-64', 'fixed', '1.4.14', 'How many configuration entries a node holds.'],
  config_size_max: ['65536', 'integer', '1024-1048576', 'fixed', '1.4.14', 'Bytes of the largest configuration entry.'],
  disable_flush_all: ['0', 'boolean', SWITCH, REBOOT, '1.4.24', 'Refuse flush_all.'],
  error_on_memory_exhausted: ['0', 'boolean', SWITCH, REBOOT, '1.4.5', 'When full, refuse new items and evict none.'],
  expirezero_does_not_evict: [
    '0',
    'boolean',
    SWITCH,
    REBOOT,
    '1.4.24',
    'With lru_maintainer: items that never expire are not evicted either.',
    '1.5.10',
  ],
  hash_algorithm: ['jenkins', 'string', 'jenkins,murmur3', REBOOT, '1.4.24', 'How keys are hashed.'],
  hashpower_init: ['16', 'integer', '12-32', 'fixed', '1.4.14', 'Size of the hash table at the start, a power of two.'],
  idle_timeout: [
    '0',
    'integer',
    '0-86400',
    REBOOT,
    '1.4.33',
    'Seconds after which an idle client is closed; 0: never.',
  ],
  inline_ascii_resp: [
    '0',
    'boolean',
    SWITCH,
    REBOOT,
    '1.5.10',
    'Keep the numbers of VALUE lines in the item, in up to 24 bytes. Nothing from 1.5.16 on.',
  ],
  large_memory_pages: ['0', 'boolean', SWITCH, 'fixed', '1.4.5', 'Use large memory pages.'],
  lock_down_paged_memory: ['0', 'boolean', SWITCH, 'fixed', '1.4.5', 'Lock all paged memory.'],
  lru_crawler: ['0', 'boolean', SWITCH, REBOOT, '1.4.24', 'Look for expired items in the background.'],
  lru_maintainer: ['0', 'boolean', SWITCH, REBOOT, '1.4.24', 'Move items between LRU lists in the background.'],
  max_item_size: ['1048576', 'integer', '1024-1073741824', REBOOT, '1.4.5', 'Bytes of the largest item.'],
  max_simultaneous_connections: [
    String(NODE_CONNECTIONS),
    'integer',
    `3-${NODE_CONNECTIONS}`,
    'fixed',
    '1.4.5',
    'How many clients may be connected.',
  ],
  maxconns_fast: [
    '0',
    'boolean',
    SWITCH,
    REBOOT,
    '1.4.14',
    'Beyond max_simultaneous_connections: answer with an error and close, where 0 lets the client wait.',
  ],
  // The guide leaves its Modifiable cell empty; AWS answers IsModifiable false.
  maximize_core_file_limit: ['0', 'boolean', SWITCH, 'fixed', '1.4.5', 'Raise the limit of core files.'],
  memcached_connections_overhead: [
    '100',
    'integer',
    '0-100000',
    REBOOT,
    '1.4.5',
    'Megabytes of max_cache_memory kept for connections and the like; the rest is for items.',
  ],
  modern: [
    '1',
    'boolean',
    SWITCH,
    REBOOT,
    '1.4.33',
    'Turns on slab_reassign, slab_automove, lru_crawler, lru_maintainer, maxconns_fast and the murmur3 hash.',
    '1.5.10',
  ],
  // 0 before 20 August 2021.
  no_modern: [
    '1',
    'boolean',
    SWITCH,
    REBOOT,
    '1.5.10',
    'With 0, slab_reassign, lru_maintainer, the segmented LRU and maxconns_fast are on, whatever they are set to.',
  ],
  requests_per_event: ['20', 'integer', '1-1000', 'fixed', '1.4.5', 'Requests served in a row for one connection.'],
  slab_automove: ['0', 'integer', '0,1,2', REBOOT, '1.4.14', 'Move slab pages: never, carefully, at every eviction.'],
  slab_chunk_max: ['524288', 'integer', '1024-1048576', REBOOT, '1.4.33', 'Bytes of the largest chunk of an item.'],
  slab_reassign: ['0', 'boolean', SWITCH, REBOOT, '1.4.14', 'Allow the command slabs reassign.'],
  track_sizes: ['0', 'boolean', SWITCH, REBOOT, '1.4.33', 'Let stats sizes work without stats sizes_enable.'],
  watch: ['1', 'boolean', SWITCH, 'immediate', '1.4.33', 'Allow the command watch.'],
  watcher_logbuf_size: ['256', 'integer', '4-65536', REBOOT, '1.4.33', 'Kilobytes of lines that wait for a watcher.'],
  worker_logbuf_size: ['64', 'integer', '4-65536', REBOOT, '1.4.33', 'Kilobytes of lines that wait in a worker.'],
} as const satisfies Readonly<Record<string, ParameterRow>>

export type ParameterName = keyof typeof ROWS

export const PARAMETERS = parametersOf<ParameterName>(ROWS)

export type ParameterValues = Values<ParameterName>

export const NODE_TYPE_PARAMETERS: readonly NodeTypeParameter[] = [
  {
    name: 'max_cache_memory',
    description: 'Megabytes of a node that items and connections share.',
    allowed: '1-',
    change: 'requires-reboot',
    value: ({ maxCacheMemory }) => String(maxCacheMemory),
  },
  {
    name: 'num_threads',
    description: 'How many threads of a node serve clients.',
    allowed: '1-',
    change: 'requires-reboot',
    value: ({ threads }) => String(threads),
  },
]
