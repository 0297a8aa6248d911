import { PLACEMENTS } from '../../../kv/placement.ts'
import type { RespClient } from '../../../kv/resp/client.ts'
import { type RespNode, shardOf } from '../../../kv/resp/topology.ts'
import { endpoint } from '../../../net/target.ts'
import { keySlot } from '../../../protocols/resp/hash-slot.ts'
import { command } from '../../command.ts'
import { tableText } from '../../output/table.ts'
import {
  type KvOptions,
  type KvPlace,
  keyOf,
  keyWord,
  kvFlags,
  kvPlaceOf,
  placementNames,
  whereWord,
  withResp,
} from './place.ts'

export const kvLocate = command({
  summary: 'Tell which node a key lives on, for the common clients',
  description:
    'Clients choose the node, and not all alike: two applications that share a cluster must use the same method, or they do not see what the other stored. With --hash, only the node of that method. Of Redis OSS and Valkey: the slot of the key and who has it, in which all clients agree.',
  words: { where: whereWord, key: keyWord },
  flags: kvFlags,
  forms: {},
  examples: ['kv locate shop greeting', 'kv locate 10.0.0.1:11211,10.0.0.2:11211 greeting --hash modulo'],
  async run({ words, flags, print }) {
    const place = await placeOf(words.where, flags)
    if (place.protocol === 'resp') {
      const located = await withResp(place, words.where, flags, async (client) => locateKey(client, words.key))
      await print.answer(located, locatedText)
      return
    }
    const names = flags.hash === undefined ? placementNames : [flags.hash]
    const { nodes } = place
    const key = keyOf(words.key)
    const rows = names.map((hash) => {
      const node = nodes[PLACEMENTS[hash].of(nodes)(Buffer.from(key))]
      return { hash, node: node ? endpoint(node.host, node.port) : '', clients: PLACEMENTS[hash].clients }
    })
    const only = flags.hash !== undefined
    await print.answer(rows, (shown, style) =>
      only
        ? shown.map(({ node }) => node).join('\n')
        : tableText(
            ['Method', 'Node', { long: 'Clients' }],
            shown.map(({ hash, node, clients }) => [hash, node, clients]),
            style,
          ),
    )
  },
})

/** Where several are named, or none can be reached, it is reckoned as clients of Memcached do: they ask no node. */
async function placeOf(where: string, flags: KvOptions): Promise<KvPlace> {
  const memcached = { ...flags, protocol: 'memcached' } as const
  if (flags.protocol === undefined && where.includes(',')) return kvPlaceOf(where, memcached)
  try {
    return await kvPlaceOf(where, flags)
  } catch (error) {
    if (error instanceof Error && error.name === 'Unreachable') return kvPlaceOf(where, memcached)
    throw error
  }
}

interface Located {
  readonly slot: number
  readonly node: string
  readonly replicas: readonly string[]
}

function locateKey(client: RespClient, key: string): Located {
  const slot = keySlot(key)
  const shard = shardOf(client.shards, slot)
  const said = ({ host, port }: RespNode): string => endpoint(host, port)
  const node = shard ? said(shard.primary) : said(client.nodeOf(key))
  return { slot, node, replicas: shard?.replicas.map(said) ?? [] }
}

const locatedText = ({ slot, node, replicas }: Located): string =>
  `${node} (slot ${slot}${replicas.length === 0 ? '' : `; replicas: ${replicas.join(', ')}`})`
