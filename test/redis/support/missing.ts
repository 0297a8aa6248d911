/** Commands of the servers that the node does not have yet, by their group. It can only shrink: a test fails when one of them is there. */
const MISSING: Readonly<Record<string, string>> = {
  server: 'bgrewriteaof bgsave failover lastsave psync replconf replicaof restore-asking role save slaveof sync',
  cluster:
    'asking cluster cluster|addslots cluster|addslotsrange cluster|bumpepoch cluster|count-failure-reports cluster|countkeysinslot cluster|delslots cluster|delslotsrange cluster|failover cluster|flushslots cluster|forget cluster|getkeysinslot cluster|help cluster|info cluster|keyslot cluster|links cluster|meet cluster|myid cluster|myshardid cluster|nodes cluster|replicas cluster|replicate cluster|reset cluster|saveconfig cluster|set-config-epoch cluster|setslot cluster|shards cluster|slaves cluster|slot-stats cluster|slots readonly readwrite',
  generic: 'dump migrate restore wait waitaof',
}

export const missing: ReadonlySet<string> = new Set(Object.values(MISSING).flatMap((names) => names.split(' ')))
