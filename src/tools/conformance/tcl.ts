import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RespConnection } from '../../kv/resp/connection.ts'
import { freePort } from '../listening.ts'
import { EXCEPTIONS } from './exceptions.ts'
import { startNode } from './node.ts'
import { type FileOutcome, readTcl } from './outcome.ts'
import { runBounded } from './programs.ts'
import { type Engine, TCL_HELPER, type Way } from './suites.ts'

// Without progress for so long, a test hangs: some take more than a minute where other programs take the processor.
const HANGS_AFTER_SECONDS = 240
const FILE_MS = 1_200_000
const OK_WITHIN_MS = 10_000
const BEFORE_BASE = 32
const ALL_SLOTS = ['CLUSTER', 'ADDSLOTSRANGE', '0', '16383']

/** The files of a Tcl suite that speak to a running server. */
export async function tclFiles(directory: string): Promise<string[]> {
  const { printed } = await runBounded(['tclsh', TCL_HELPER, '--list-tests'], directory, FILE_MS)
  // What is in integration starts servers of its own, or programs that are to be built.
  return printed.split('\n').filter((line) => line.startsWith('unit/') && !line.includes('moduleapi'))
}

/** Runs one file against a node of its own. @param program A server to run instead of the node. */
export async function runTclFile(
  engine: Engine,
  { name, node: words, suite }: Way,
  directory: string,
  file: string,
  program?: string,
): Promise<FileOutcome> {
  const data = mkdtempSync(join(directory, 'data-'))
  const node = await startNode(engine, words, data, program)
  try {
    if (name === 'cluster') await ownAllSlots(node.port)
    // Its own server for its own processes listens on one of the 32 ports before this.
    const base = String((await freePort()) + BEFORE_BASE)
    const where = ['--host', '127.0.0.1', '--port', String(node.port), '--baseport', base]
    const bounds = ['--durable', '--timeout', String(HANGS_AFTER_SECONDS)]
    const leftOut = EXCEPTIONS.filter((each) => each.isLeftOut).flatMap(({ test }) => ['--skiptest', test])
    const command = ['tclsh', TCL_HELPER, ...where, '--single', file, ...bounds, ...leftOut, ...suite]
    const { printed, status, seconds, isLate } = await runBounded(command, directory, FILE_MS)
    return readTcl(file, printed, seconds, isLate ? 'late' : status === 0 ? 'good' : 'bad')
  } finally {
    await node.stop()
    rmSync(data, { recursive: true, force: true })
  }
}

/** Gives all slots to the one node there is. */
async function ownAllSlots(port: number): Promise<void> {
  const connection = await RespConnection.open({ host: '127.0.0.1', port, timeoutMs: 10_000 })
  await connection.send([ALL_SLOTS])
  // Servers take two seconds until they call that a cluster.
  const deadline = performance.now() + OK_WITHIN_MS
  while (performance.now() < deadline) {
    const [told] = await connection.send([['CLUSTER', 'INFO']])
    if (String(told).includes('cluster_state:ok')) break
    await sleep(50)
  }
  connection.close()
}
