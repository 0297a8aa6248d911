/** Looks after a directory that is to go with this process, however that ends. */
import { spawn } from 'node:child_process'

/**
 * The end of the pipe that this process holds, and nothing else tells of one that was killed. A line tells that all is well.
 * The sweeper is no program to debug, nor to load what this one loads.
 */
const WATCHED = 'read -r word || { unset NODE_OPTIONS; exec "$@"; }'

/**
 * Starts a small process that runs the sweeper for the directory when this one has ended, or the worker thread that called.
 * Answers what calls that off. Ctrl-C of a terminal does not reach it.
 */
export function sweepAfterDeath(sweeper: string, directory: string): () => void {
  const watcher = spawn('/bin/sh', ['-c', WATCHED, 'sh', process.execPath, sweeper, directory], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watcher.on('error', () => undefined) // A system without such a shell is left what it is left.
  watcher.stdin.on('error', () => undefined)
  watcher.unref()
  // The pipe of a child is a socket, which its type does not tell.
  ;(watcher.stdin as unknown as { unref(): void }).unref()
  return () => watcher.stdin.end('done\n')
}
