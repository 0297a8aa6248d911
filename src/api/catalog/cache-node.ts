/** Connections a node takes from all its clients: the default of max_simultaneous_connections (user guide). */
export const NODE_CONNECTIONS = 65_000
