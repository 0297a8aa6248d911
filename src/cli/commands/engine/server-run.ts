import { endpoint } from '../../../net/target.ts'
import { readServerLine } from '../../../redis/stand-alone/command-line.ts'
import { readText, runNode } from '../../../redis/stand-alone/run.ts'
import { endLine, untilInterrupted } from '../../live/interrupt.ts'
import { printLine, tell } from '../../terminal.ts'

/** `node run --engine redis|valkey`: a node with that server's own command line, until Ctrl-C or SHUTDOWN. */
export async function runServer(engine: 'redis' | 'valkey', argv: readonly string[]): Promise<void> {
  const plan = readServerLine(engine, argv, readText)
  if (plan.versionOnly) return printLine(`${engine} ${plan.version} (cachectl)`)
  process.umask(0o077)
  await untilInterrupted(async (signal) => {
    const ended = new AbortController()
    const node = await runNode(plan, tell, () => ended.abort())
    for (const { host, port } of node.addresses) printLine(endpoint(host, port))
    if (node.socket !== undefined) printLine(node.socket)
    await new Promise<void>((resolve) => {
      const either = AbortSignal.any([signal, ended.signal])
      if (either.aborted) resolve()
      else either.addEventListener('abort', () => resolve(), { once: true })
    })
    await node.close()
  }, endLine)
}
