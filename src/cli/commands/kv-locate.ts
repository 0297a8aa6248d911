import { keyProblem } from '../../kv/client.ts'
import { PLACEMENTS } from '../../kv/placement.ts'
import { endpoint } from '../../net/target.ts'
import { BaseCommand, word } from '../base-command.ts'
import { kvFlags, kvPlaceOf, placementNames, placementOf, whereWord } from '../kv-place.ts'
import { tableText } from '../output/table.ts'
import { usageProblem } from '../problem.ts'
import { printLine } from '../terminal.ts'
import { choiceOf, outputOf } from './engine-flags.ts'

export class KvLocate extends BaseCommand {
  static override summary = 'Tell which node a key lives on, for the common clients'
  static override description =
    'Clients choose the node, and not all alike: two applications that share a cluster must use the same method, or they do not see what the other stored. With --hash, only the node of that method.'
  static override args = { where: word(whereWord, { required: true }), key: word('the key', { required: true }) }
  static override flags = { ...kvFlags, ...outputOf('table (default) or json') }
  static override examples = [
    'kv locate shop greeting',
    'kv locate 10.0.0.1:11211,10.0.0.2:11211 greeting --hash modulo',
  ]

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const json = choiceOf(flags, 'output', ['table', 'json'], 'table') === 'json'
    const [where = '', key = ''] = words
    const problem = keyProblem(key)
    if (problem !== undefined) throw usageProblem(`argument <key>: ${problem}`)
    const names = flags.hash === undefined ? placementNames : [placementOf(flags)]
    const { nodes } = await kvPlaceOf(where, flags)
    const rows = names.map((hash) => {
      const node = nodes[PLACEMENTS[hash].of(nodes)(Buffer.from(key))]
      return { hash, node: node ? endpoint(node.host, node.port) : '', clients: PLACEMENTS[hash].clients }
    })
    if (json) printLine(JSON.stringify(rows, null, 4))
    else if (flags.hash !== undefined) printLine(rows[0]?.node ?? '')
    else {
      const cells = rows.map(({ hash, node, clients }) => [hash, node, clients])
      printLine(await tableText(['Method', 'Node', 'Clients'], cells))
    }
  }
}
