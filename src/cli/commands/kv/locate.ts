import { PLACEMENTS } from '../../../kv/placement.ts'
import { endpoint } from '../../../net/target.ts'
import { command } from '../../command.ts'
import { tableText } from '../../output/table.ts'
import { keyWord, kvFlags, kvPlaceOf, placementNames, whereWord } from './place.ts'

export const kvLocate = command({
  summary: 'Tell which node a key lives on, for the common clients',
  description:
    'Clients choose the node, and not all alike: two applications that share a cluster must use the same method, or they do not see what the other stored. With --hash, only the node of that method.',
  words: { where: whereWord, key: keyWord },
  flags: kvFlags,
  forms: {},
  examples: ['kv locate shop greeting', 'kv locate 10.0.0.1:11211,10.0.0.2:11211 greeting --hash modulo'],
  async run({ words, flags, print }) {
    const names = flags.hash === undefined ? placementNames : [flags.hash]
    const { nodes } = await kvPlaceOf(words.where, flags)
    const rows = names.map((hash) => {
      const node = nodes[PLACEMENTS[hash].of(nodes)(Buffer.from(words.key))]
      return { hash, node: node ? endpoint(node.host, node.port) : '', clients: PLACEMENTS[hash].clients }
    })
    const only = flags.hash !== undefined
    await print.answer(rows, (shown) =>
      only
        ? shown.map(({ node }) => node).join('\n')
        : tableText(
            ['Method', 'Node', 'Clients'],
            shown.map(({ hash, node, clients }) => [hash, node, clients]),
          ),
    )
  },
})
