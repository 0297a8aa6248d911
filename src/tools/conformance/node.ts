import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort, untilListening } from '../listening.ts'

const root = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/** How `cachectl node run` is started from source, whatever was built last. */
export const NODE_RUN: readonly string[] = [
  process.execPath,
  '--import',
  root('node_modules/tsx/dist/loader.mjs'),
  root('src/main.ts'),
  'node',
  'run',
]

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
  const child = spawn(file, [...first, ...own, ...words], { stdio: ['ignore', 'ignore', 'inherit'] })
  await untilListening(port, child)
  return { port, stop: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  // It may be in the midst of a test that never ends.
  child.kill('SIGKILL')
  await ended
}
