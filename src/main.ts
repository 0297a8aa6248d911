/** The command line's process: the only place that exits. */
import { runLine } from './cli/dispatch.ts'

const code = await runLine(process.argv.slice(2))
if (code !== 0) process.exitCode = code
