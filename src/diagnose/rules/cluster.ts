import type { ClusterFacts } from '../evidence.ts'
import { failure, note, type Rule, warning } from './rule.ts'

/** User guide, "Cluster status" and "Cache node status": what to do about a state that is not `available`. */
const NEXT_STEP: Readonly<Record<string, string>> = {
  creating: 'Wait: cachectl wait cache-cluster-available',
  modifying: 'Wait: cachectl wait cache-cluster-available',
  'rebooting cluster nodes': 'Wait until it is available; its contents are gone.',
  snapshotting: 'Wait until it is available.',
  deleting: 'It will not come back: create another one.',
  deleted: 'It will not come back: create another one.',
  'incompatible-network': 'Its subnet group has no free address, or its subnets are gone: mend the subnet group.',
  'incompatible-parameters': 'Mend its parameter group: a value does not fit the node type or engine version.',
  'restore-failed': 'Create it again from another backup, or empty.',
}

export const clusterRules: readonly Rule[] = [
  {
    id: 'C01',
    title: 'the cluster is not available',
    stage: 'cluster',
    source: 'User guide, "Viewing a cluster\'s details": status values',
    find: ({ clusters }) =>
      clusters
        .filter(({ status }) => status !== 'available')
        .map(({ id, status }) => {
          const step = NEXT_STEP[status] ?? 'See the events: cachectl describe-events'
          const serving = status === 'modifying' || status === 'snapshotting'
          const words = [id, `The cluster ${id} is ${status}.`, step, describe(id)] as const
          return serving ? warning(...words) : failure(...words)
        }),
  },
  {
    id: 'C02',
    title: 'a node of the cluster is not available',
    stage: 'cluster',
    source: 'User guide, "Viewing a cluster\'s details": node status',
    find: ({ clusters }) =>
      clusters.flatMap((cluster) =>
        cluster.status !== 'available'
          ? []
          : cluster.nodes
              .filter(({ status }) => status !== 'available')
              .map(({ id, status }) =>
                warning(
                  `${cluster.id} ${id}`,
                  `Node ${id} of ${cluster.id} is ${status}; keys that hash to it are not served.`,
                  NEXT_STEP[status] ?? 'See the events: cachectl describe-events',
                  describe(cluster.id),
                ),
              ),
      ),
  },
  {
    id: 'C03',
    title: 'changed parameters wait for a reboot',
    stage: 'cluster',
    source: 'User guide, "Modifying a parameter group"',
    find: ({ clusters }) =>
      clusters
        .filter(({ parameterApplyStatus }) => parameterApplyStatus === 'pending-reboot')
        .map(({ id }) =>
          note(
            id,
            `Parameters of ${id} were changed and take effect only after a reboot, which empties the cache.`,
            `cachectl reboot-cache-cluster --cache-cluster-id ${id} --cache-node-ids-to-reboot ...`,
            describe(id),
          ),
        ),
  },
  {
    id: 'P13',
    title: 'IP discovery was chosen for a cluster with TLS, where it has no effect',
    stage: 'preference',
    source: 'User guide, "Choosing a network type": TLS enabled dual stack clusters',
    find: ({ clusters }) =>
      clusters
        .filter(({ tls, networkType, ipDiscovery }) => tls && networkType === 'dual_stack' && ipDiscovery === 'ipv6')
        .map(({ id }) =>
          note(
            id,
            `${id} uses TLS: its list shows names, and IP discovery ipv6 changes nothing.`,
            'The family is chosen by each client when it resolves the names: cachectl gai check',
            describe(id),
          ),
        ),
  },
]

const describe = (id: ClusterFacts['id']): string =>
  `cachectl describe-cache-clusters --cache-cluster-id ${id} --show-cache-node-info`
