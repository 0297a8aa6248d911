/** The steps of the guided tour: what a person would type, and why. Data only. */

export interface Step {
  readonly title: string
  readonly argv: readonly string[]
  /** An exit code that is no reason to stop: it finds something about this host, such as a localhost without ::1. */
  readonly finding?: number
}

const CLUSTER = ['--cache-cluster-id', 'shop']
const BRIEF = ['--query', 'CacheCluster.CacheClusterStatus']
const GROUP_BRIEF = ['--query', 'ReplicationGroup.Status']

/** The life of a cluster. Without IPv6 on this machine there is nothing dual-stack to show; the rest is the same. */
export function clusterSteps(ipv6: boolean): Step[] {
  return [
    { title: 'Start an engine of our own, on a free port', argv: ['engine', 'start', '--port', '0'] },
    {
      title: ipv6 ? 'Create a cluster of three nodes, on IPv4 and IPv6 both' : 'Create a cluster of three nodes',
      argv: [
        'create-cache-cluster',
        ...CLUSTER,
        ...['--engine', 'memcached', '--cache-node-type', 'cache.t4g.small', '--num-cache-nodes', '3'],
        ...(ipv6 ? ['--network-type', 'dual_stack', '--ip-discovery', 'ipv6'] : []),
        '--wait',
        ...BRIEF,
      ],
    },
    { title: 'See where it answers', argv: ['endpoints', 'shop'] },
    { title: 'Ask every node which nodes its cluster has', argv: ['discover', 'shop'] },
    {
      title: 'Connect to every address, and time it',
      argv: ['probe', 'shop', '-c', '2', '--delay', '200ms'],
      finding: 1,
    },
    {
      title: 'Scale out to five nodes',
      argv: ['modify-cache-cluster', ...CLUSTER, '--num-cache-nodes', '5', '--apply-immediately', '--wait', ...BRIEF],
    },
    { title: 'The configuration has a new version on every node', argv: ['discover', 'shop', '--expect', '5'] },
    ...(ipv6
      ? [
          {
            title: 'Let clients discover IPv4 addresses instead',
            argv: ['modify-cache-cluster', ...CLUSTER, '--ip-discovery', 'ipv4', '--apply-immediately', ...BRIEF],
          },
          {
            title: 'Wait until every node says so',
            argv: ['discover', 'shop', '--until', 'ipv4', '--timeout', '30', '--interval', '200ms'],
          },
        ]
      : []),
    {
      title: 'Scale in again: these two nodes go',
      argv: [
        ...['modify-cache-cluster', ...CLUSTER, '--num-cache-nodes', '3'],
        ...['--cache-node-ids-to-remove', '0004', '0005', '--apply-immediately', '--wait', ...BRIEF],
      ],
    },
    {
      title: 'Reboot a node (its contents are lost, as on AWS)',
      argv: ['reboot-cache-cluster', ...CLUSTER, '--cache-node-ids-to-reboot', '0001', '--wait', ...BRIEF],
    },
    { title: 'Delete the cluster', argv: ['delete-cache-cluster', ...CLUSTER, '--wait'] },
  ]
}

const GROUP = ['--replication-group-id', 'cart']

/** The life of a replication group. */
export const GROUP_STEPS: readonly Step[] = [
  {
    title: 'Create a replication group of Valkey: a primary and a replica',
    argv: [
      ...['create-replication-group', ...GROUP, '--replication-group-description', 'carts of a shop'],
      ...['--engine', 'valkey', '--cache-node-type', 'cache.t4g.small', '--num-cache-clusters', '2'],
      '--automatic-failover-enabled',
      ...GROUP_BRIEF,
    ],
  },
  { title: 'Wait until they replicate', argv: ['wait', 'replication-group-available', ...GROUP] },
  { title: 'Put a key', argv: ['kv', 'set', 'cart', 'greeting', 'hello'] },
  { title: 'See where the group answers', argv: ['endpoints', 'cart'] },
  { title: 'Kill the primary: the replica takes over', argv: ['failover', 'cart', '--yes', '--wait'] },
  { title: 'The key is still there', argv: ['kv', 'show', 'cart', 'greeting'] },
  { title: 'Delete the group', argv: ['delete-replication-group', ...GROUP, '--wait'] },
]

export const END: Step = { title: 'Stop the engine', argv: ['engine', 'stop'] }

export const WHERE_NEXT = `That was a whole life of caches, on real sockets, and nothing of it is left.

Where to go from here:
  cachectl engine start                an engine that stays
  eval "$(cachectl engine env)"        aws, boto3, Terraform and the SDKs talk to it too
  cachectl --help                      every command
  cachectl create-cache-cluster --help its options, with examples
  cachectl --target aws ...            the same commands against AWS`
