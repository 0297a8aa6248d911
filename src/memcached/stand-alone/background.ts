/** `-d`: a process of its own for the node, and what it tells the one that started it. */
import { spawn } from 'node:child_process'

type Report = { readonly lines: readonly string[] } | { readonly failure: string }

/**
 * Starts this program again, apart from the terminal and with `--background`; answers the lines it reports once its node
 * listens.
 * @throws Error with what kept it from starting.
 */
export async function startInBackground(): Promise<readonly string[]> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), '--background'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const report = await new Promise<Report>((resolve, reject) => {
    child.once('error', reject)
    child.once('message', (message) => resolve(message as Report)) // it runs this file
    child.once('exit', (code) => resolve({ failure: `The node in the background ended at once, with ${code}.` }))
  })
  child.unref()
  if ('failure' in report) throw new Error(report.failure)
  return report.lines
}

/** In the process in the background: tells its starter how the start went; after that the starter is gone. */
export async function reportToStarter(report: Report): Promise<void> {
  const { send } = process
  if (send === undefined) return
  await new Promise((resolve) => send.call(process, report, resolve))
  process.disconnect()
}
