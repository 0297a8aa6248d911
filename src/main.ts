/** The command line's process: the only place that exits. */
import { runLine } from './cli/dispatch.ts'

/** As shells tell of SIGINT. */
const INTERRUPTED = 130

const code = await runLine(process.argv.slice(2))
// What was interrupted is left as it is: nothing that is still open is waited for.
if (code === INTERRUPTED) process.exit(code)
if (code !== 0) process.exitCode = code
