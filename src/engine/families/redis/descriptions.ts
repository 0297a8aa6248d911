/** What the API says of each parameter, where it is known to; in words of ours where it is not (`acl-pubsub-default`). */
export const DESCRIPTIONS = {
  'acl-pubsub-default': 'Channels that a user may use whose access string names none.',
  'acllog-max-len': 'The maximum length of the ACL Log',
  'active-defrag-cycle-max': 'Maximal effort for defrag in CPU percentage',
  'active-defrag-cycle-min': 'Minimal effort for defrag in CPU percentage',
  'active-defrag-ignore-bytes': 'Minimum amount of fragmentation waste to start active defrag',
  'active-defrag-max-scan-fields':
    'Maximum number of set/hash/zset/list fields that will be processed from the main dictionary scan',
  'active-defrag-threshold-lower': 'Minimum percentage of fragmentation to start active defrag',
  'active-defrag-threshold-upper': 'Maximum percentage of fragmentation at which we use maximum effort',
  'active-expire-effort': 'The amount of effort that redis uses to expire items in the active expiration job',
  activedefrag: 'Enabled active memory defragmentation',
  activerehashing: 'Apply rehashing or not.',
  appendfsync: 'fsync policy for AOF persistence',
  appendonly: 'Enable Redis persistence.',
  'client-output-buffer-limit-normal-hard-limit': 'Normal client output buffer hard limit in bytes.',
  'client-output-buffer-limit-normal-soft-limit': 'Normal client output buffer soft limit in bytes.',
  'client-output-buffer-limit-normal-soft-seconds': 'Normal client output buffer soft limit in seconds.',
  'client-output-buffer-limit-pubsub-hard-limit': 'Pubsub client output buffer hard limit in bytes.',
  'client-output-buffer-limit-pubsub-soft-limit': 'Pubsub client output buffer soft limit in bytes.',
  'client-output-buffer-limit-pubsub-soft-seconds': 'Pubsub client output buffer soft limit in seconds.',
  'client-output-buffer-limit-replica-soft-seconds': 'Replica client output buffer soft limit in seconds.',
  'client-output-buffer-limit-slave-soft-seconds': 'Slave client output buffer soft limit in seconds.',
  'client-query-buffer-limit': 'Max size of a single client query buffer',
  'close-on-replica-write':
    'If enabled, clients who attempt to write to a read-only replica will be disconnected. Applicable to 2.8.23 and higher.',
  'close-on-slave-write':
    'If enabled, clients who attempt to write to a read-only slave will be disconnected. Applicable to 2.8.23 and higher.',
  'cluster-allow-pubsubshard-when-down': 'Serve the shard channels of own slots while the cluster is down.',
  'cluster-allow-reads-when-down': 'Answer reads while most primaries cannot be reached.',
  'cluster-databases': 'Databases of a cluster.',
  'cluster-enabled': 'Enable cluster mode',
  'cluster-preferred-endpoint-type':
    'What clients are told to go to: an IP address, or a host name where there is TLS.',
  'cluster-require-full-coverage': 'Whether cluster becomes unavailable if one or more slots are not covered',
  'commandlog-large-reply-max-len': 'Entries of the log of large replies.',
  'commandlog-large-request-max-len': 'Entries of the log of large requests.',
  'commandlog-reply-larger-than': 'Bytes of a reply that is logged; a negative number logs none.',
  'commandlog-request-larger-than': 'Bytes of a request that is logged; a negative number logs none.',
  databases: 'Set the number of databases.',
  'extended-redis-compatibility': 'Present Valkey to clients as Redis OSS 7.2.4.',
  'hash-max-listpack-entries': 'The maximum number of hash entries in order for the dataset to be compressed.',
  'hash-max-listpack-value': 'The threshold of biggest hash entries in order for the dataset to be compressed.',
  'hash-max-ziplist-entries': 'The maximum number of hash entries in order for the dataset to be compressed.',
  'hash-max-ziplist-value': 'The threshold of biggest hash entries in order for the dataset to be compressed.',
  'hll-sparse-max-bytes': 'HyperLogLog sparse representation bytes limit',
  'latency-tracking': 'Measure the latency of each command.',
  'lazyfree-lazy-eviction': 'Perform an asynchronous delete on evictions',
  'lazyfree-lazy-expire': 'Perform an asynchronous delete on expired keys',
  'lazyfree-lazy-server-del': 'Perform an asynchronous delete on key updates',
  'lazyfree-lazy-user-del': 'Specifies whether the default behavior of DEL command acts the same as UNLINK',
  'lfu-decay-time': 'The amount of time in minutes to decrement the key counter for LFU eviction policy',
  'lfu-log-factor': 'The log factor for incrementing key counter for LFU eviction policy',
  'list-compress-depth':
    'Number of quicklist ziplist nodes from each side of the list to exclude from compression. The head and tail of the list are always uncompressed for fast push/pop operations',
  'list-max-ziplist-entries': 'The maximum number of list entries in order for the dataset to be compressed.',
  'list-max-ziplist-size':
    'The number of entries allowed per internal list node can be specified as a fixed maximum size or a maximum number of elements',
  'list-max-ziplist-value': 'The threshold of biggest list entries in order for the dataset to be compressed.',
  'lua-replicate-commands': 'Always enable Lua effect replication or not',
  'lua-time-limit': 'Max execution time of a Lua script in milliseconds. 0 for unlimited execution without warnings.',
  maxclients: 'The maximum number of Redis clients.',
  'maxmemory-policy': 'Max memory policy.',
  'maxmemory-samples': 'Max memory samples.',
  'min-replicas-max-lag':
    'The maximum amount of replica lag in seconds beyond which the master would stop taking writes. A value of 0 means the master always takes writes.',
  'min-replicas-to-write':
    'The minimum number of replicas that must be present with lag no greater than min-replicas-max-lag for master to take writes. Setting this to 0 means the master always takes writes.',
  'min-slaves-max-lag':
    'Maximum number of seconds within which the master must receive a ping from a slave to take writes. Use this parameter together with min-slaves-to-write to regulate when the master stops accepting writes. Setting this value to 0 means the master always takes writes.',
  'min-slaves-to-write':
    'Number of slaves that must be connected in order for master to take writes. Use this parameter together with min-slaves-max-lag to regulate when the master stops accepting writes. Setting this to 0 means the master always takes writes.',
  'notify-keyspace-events':
    'The keyspace events for Redis to notify Pub/Sub clients about. By default all notifications are disabled',
  'proto-max-bulk-len': 'Max size of a single element request',
  'rename-commands': 'Redis commands that can be dynamically renamed by the customer',
  'repl-backlog-size':
    'The replication backlog size in bytes for PSYNC. This is the size of the buffer which accumulates slave data when slave is disconnected for some time, so that when slave reconnects again, only transfer the portion of data which the slave missed. Minimum value is 16K.',
  'repl-backlog-ttl':
    'The amount of time in seconds after the master no longer have any slaves connected for the master to free the replication backlog. A value of 0 means to never release the backlog.',
  'repl-timeout':
    'The timeout in seconds for bulk transfer I/O during sync and master timeout from the perspective of the slave, and slave timeout from the perspective of the master.',
  'replica-allow-chaining': 'Configures if chaining of replicas is allowed',
  'replica-ignore-maxmemory':
    'Determines if replica ignores maxmemory setting by not evicting items independent from the master',
  'replica-lazy-flush': 'Perform an asynchronous flushDB during replica sync',
  'reserved-memory':
    'The amount of memory reserved for non-cache memory usage, in bytes. You may want to increase this parameter for nodes with read replicas, AOF enabled, etc, to reduce swap usage.',
  'reserved-memory-percent':
    'The percent of memory reserved for non-cache memory usage. You may want to increase this parameter for nodes with read replicas, AOF enabled, etc, to reduce swap usage.',
  'search-default-timeout-ms': 'Milliseconds until a search times out that names no timeout.',
  'search-enable-partial-results': 'Answer a search with what there is when a shard did not answer.',
  'search-fanout-target-mode': 'Which nodes of the shards a search goes to.',
  'set-max-intset-entries': 'The limit in the size of the set in order for the dataset to be compressed.',
  'slave-allow-chaining': 'Configures if chaining of slaves is allowed',
  'slave-lazy-flush': 'Perform an asynchronous flushDB during slave sync',
  'slowlog-log-slower-than':
    'The execution time, in microseconds, to exceed in order for the command to get logged. Note that a negative number disables the slow log, while a value of zero forces the logging of every command.',
  'slowlog-max-len':
    'The length of the slow log. There is no limit to this length. Just be aware that it will consume memory. You can reclaim memory used by the slow log with SLOWLOG RESET.',
  'stream-node-max-bytes': 'The maximum size of a single node in a stream in bytes',
  'stream-node-max-entries': 'The maximum number of items a single node in a stream can contain',
  'tcp-keepalive': 'If non-zero, send ACKs every given number of seconds.',
  timeout: 'Close connection if client is idle for a given number of seconds, or never if 0.',
  'tracking-table-max-keys': 'The maximum number of keys allowed for the tracking table for client side caching',
  'zset-max-listpack-entries': 'The maximum number of sorted set entries in order for the dataset to be compressed.',
  'zset-max-listpack-value': 'The threshold of biggest sorted set entries in order for the dataset to be compressed.',
  'zset-max-ziplist-entries': 'The maximum number of sorted set entries in order for the dataset to be compressed.',
  'zset-max-ziplist-value': 'The threshold of biggest sorted set entries in order for the dataset to be compressed.',
} as const
