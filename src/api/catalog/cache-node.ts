/** Connections a node takes from all its clients: the default of max_simultaneous_connections (user guide). */
export const NODE_CONNECTIONS = 65_000

/** Every cache cluster of Redis OSS and Valkey has one node, of this id. */
export const NODE_ID = '0001'
