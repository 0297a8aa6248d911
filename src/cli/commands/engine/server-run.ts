import { endpoint } from '../../../net/target.ts'
import { readServerLine } from '../../../redis/stand-alone/command-line.ts'
import { type RunningNode, readText, runNode } from '../../../redis/stand-alone/run.ts'
import { endLine, whenSignalled } from '../../live/interrupt.ts'
import { printLine, tell } from '../../terminal.ts'

/** `node run --engine redis|valkey`: a node with that server's own command line, until Ctrl-C or SHUTDOWN. */
export async function runServer(engine: 'redis' | 'valkey', argv: readonly string[]): Promise<void> {
  const plan = readServerLine(engine, argv, readText)
  if (plan.versionOnly) return printLine(`${engine} ${plan.version} (cachectl)`)
  process.umask(0o077)
  const ended = new AbortController()
  let node: RunningNode | undefined
  let early: 'SIGINT' | 'SIGTERM' | undefined
  const ignoreSignals = whenSignalled((name) => {
    if (name === 'SIGINT') endLine()
    if (node) return node.end(name)
    const isNews = early === undefined
    early = name
    return isNews
  })
  try {
    node = await runNode(plan, tell, () => ended.abort())
    for (const { host, port } of node.addresses) printLine(endpoint(host, port))
    if (node.socket !== undefined) printLine(node.socket)
    if (early) node.end(early)
    await new Promise<void>((resolve) => {
      if (ended.signal.aborted) resolve()
      else ended.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await node.close()
  } finally {
    ignoreSignals()
  }
}
