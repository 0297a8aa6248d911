import type { Handler, Row } from './command.ts'
import { REDIS, VALKEY } from './help.generated.ts'

const redis = new Map(REDIS)
const TEXTS = { redis, valkey: new Map([...redis, ...VALKEY]) } as const

/** Says what the server that the node is says of a container's subcommands. */
export const sayHelp =
  (container: string): Handler =>
  ({ core, replies }) => {
    const lines: readonly string[] = JSON.parse(TEXTS[core.dialect.engine].get(container) ?? '[]')
    replies.lines(lines)
  }

/** The subcommand HELP of a container, in the words of the server that the node is. */
export const helpOf = (container: string): Row => ({ name: `${container}|help`, run: sayHelp(container) })
