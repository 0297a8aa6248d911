/** Commands of the servers that the node does not have yet, by their group. It can only shrink: a test fails when one of them is there. */
const MISSING: Readonly<Record<string, string>> = {
  server: 'failover psync replconf replicaof role slaveof sync',
  generic: 'migrate wait waitaof',
}

export const missing: ReadonlySet<string> = new Set(Object.values(MISSING).flatMap((names) => names.split(' ')))
