import { memcached } from '../../../api/catalog/engines.ts'
import { connectThrough } from '../../../net/socks.ts'
import { endpoint } from '../../../net/target.ts'
import { memcachedRewriter } from '../../../relay/rewrite-memcached.ts'
import { respRewriter } from '../../../relay/rewrite-resp.ts'
import { Tunnel } from '../../../relay/tunnel.ts'
import { type Cache, endpointsOf, type HostAndPort, nodeLabel } from '../../caches/cache.ts'
import { withClient } from '../../caches/client.ts'
import { findCache } from '../../caches/find.ts'
import { cacheWord } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { time } from '../../flag-kinds.ts'
import { required, value } from '../../flags.ts'
import { globalFlags } from '../../global-flags.ts'
import { endLine, untilInterrupted } from '../../live/interrupt.ts'
import { columnsText } from '../../output/human-table.ts'
import type { Column } from '../../output/human-views.ts'
import { Problem } from '../../problem.ts'
import { tell } from '../../terminal.ts'
import { openSsh, sshPlaceOf } from './ssh.ts'

export const tunnel = command({
  summary: 'Reach a cache in a VPC through ssh: a port here for each node',
  description:
    'Runs the ssh of this system (its configuration, keys and agent count), with one dynamic forward, and listens on 127.0.0.1: on the port that an endpoint has, or the next free one. Lists of nodes (config get cluster), redirects of Redis OSS and Valkey (MOVED, ASK) and what CLUSTER SLOTS, SHARDS and NODES answer name those ports, so that clients that discover nodes come back here; nodes that they name and that are not known yet get a port, too. Clients that find the node of a key of Memcached by the names of nodes (ketama) find another one by these ports than clients in the VPC do; those that count nodes (modulo) find the same. With TLS all passes as it is: nothing can be named anew, and certificates are for the names of the nodes; clients that check them need these names to stand for 127.0.0.1. The binary protocol of Memcached, and questions within MULTI, pass as they are as well. Runs until Ctrl-C; 255: there is no way through.',
  words: { cache: cacheWord('id of a cluster or replication group, or name of a serverless cache') },
  flags: {
    via: required(
      value({ summary: 'a host that reaches the nodes: ssh://[user@]host[:port]', helpValue: '<url>' }, sshPlaceOf),
    ),
    timeout: time({ summary: 'how long to wait for ssh (default 2m)', otherwise: 120_000 }),
    ...globalFlags,
  },
  examples: ['tunnel shop --via ssh://bastion', 'tunnel cart --via ssh://ec2-user@10.0.0.5:22 --target aws'],
  forms: {},
  run: ({ words, flags, print }) =>
    untilInterrupted(async (signal) => {
      const cache = await withClient(flags, (client) => findCache(client, words.cache))
      const places = placesOf(cache)
      if (places.length === 0) throw new Problem('general', `${cache.id} has no endpoint (it is ${cache.status}).`)
      const ssh = await openSsh(flags.via, flags.timeout, signal)
      let isTold = false
      const rewriter = cache.engine === memcached.name ? memcachedRewriter : respRewriter
      const open = new Tunnel({
        connect: (host, port) => connectThrough({ proxy: ssh.proxy, host, port }),
        ...(!cache.tls && { rewriter }),
        onEvent(event) {
          if (event.type === 'failed') tell(`${event.remote}: ${event.reason}`)
          else if (isTold) tell(`${event.local} is ${event.remote}`)
        },
      })
      try {
        const told: ToldPlace[] = []
        for (const { role, host, port } of places) {
          const local = await open.here(host, port)
          told.push({ role, local: endpoint(local.host, local.port), remote: endpoint(host, port) })
        }
        isTold = true
        await print.answer({ cache: cache.id, tls: cache.tls, places: told }, (answer, style) =>
          columnsText(COLUMNS, answer.places, style),
        )
        tell('Until Ctrl-C.')
        const stopped = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined)))
        const why = signal.aborted ? undefined : await Promise.race([ssh.ended, stopped])
        if (why !== undefined && !signal.aborted) throw new Problem('general', `The tunnel is closed: ${why}.`)
      } finally {
        open.close()
        ssh.close()
      }
    }, endLine),
})

interface ToldPlace {
  readonly role: string
  readonly local: string
  readonly remote: string
}

const COLUMNS: readonly Column<ToldPlace>[] = [
  { head: 'Endpoint', of: 'role' },
  { head: 'Here', of: 'local' },
  { head: 'There', of: 'remote' },
]

function placesOf(cache: Cache): (HostAndPort & { readonly role: string })[] {
  const { configuration } = cache
  return [
    ...(configuration ? [{ role: 'configuration', host: configuration.host, port: configuration.port }] : []),
    ...endpointsOf(cache).map(({ id, host, port }) => ({ role: nodeLabel(id), host, port })),
  ]
}
