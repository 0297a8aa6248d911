import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort, untilListening } from '../listening.ts'

const root = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/** How `cachectl node run` is started, as it was built. */
export const NODE_RUN: readonly string[] = [process.execPath, root('bin/run.js'), 'node', 'run']

/** Builds what is run. @throws Error */
export function build(): void {
  const words = ['--import', root('node_modules/tsx/dist/loader.mjs'), root('src/tools/build.ts')]
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: root(''), encoding: 'utf8' })
  if (status !== 0) throw new Error(`the build has failed: ${stderr}`)
}

export interface StartedNode {
  readonly port: number
  stop(): Promise<void>
}

/** Starts a server of a suite on a free port of the loopback. @param program Its own, rather than the node. */
export async function startNode(
  engine: string,
  words: readonly string[],
  directory: string,
  program?: string,
): Promise<StartedNode> {
  const port = await freePort()
  const [file = '', ...first] = program === undefined ? [...NODE_RUN, '--engine', engine] : [program]
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', directory]
  const child = spawn(file, [...first, ...own, ...words], { stdio: 'ignore' })
  const kill = (): void => {
    child.kill('SIGKILL')
  }
  // Before the directories go in which it writes.
  process.prependOnceListener('exit', kill)
  const stopped = async (): Promise<void> => {
    await stop(child)
    process.off('exit', kill)
  }
  try {
    await untilListening(port, child)
  } catch (error) {
    await stopped()
    throw error
  }
  return { port, stop: stopped }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  // It may be in the midst of a test that never ends.
  child.kill('SIGKILL')
  await ended
}
