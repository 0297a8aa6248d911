import type { Answer } from '../../../../kv/resp/client.ts'
import { endpoint } from '../../../../net/target.ts'
import { textOf } from '../../../../protocols/resp/reply.ts'
import type { Printer } from '../../../forms.ts'
import { NotSo } from '../../../problem.ts'

/**
 * Prints what a server said. Null and 0 say that what was asked for is not so: then, where there is a sentence for it, that is
 * told, and the exit code is 1.
 */
export async function printAnswer(print: Printer, { node, reply }: Answer, otherwise?: string): Promise<void> {
  const said = reply === null ? null : textOf(reply)
  await print.item({ reply: said, node: endpoint(node.host, node.port) }, (view) => view.reply ?? undefined)
  if (otherwise === undefined || (said !== null && said !== '0')) return
  throw new NotSo(otherwise)
}
