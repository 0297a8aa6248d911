import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { temporaryDirectory } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { run } from '../support/programs.ts'

/** A real server that is asked by redis-cli over a socket of its own. */
export interface AclServer {
  /** What it answers to one command, without the newline at its end. */
  ask(...command: string[]): Promise<string>
}

/** @param atEnd Registers what is to be done with it in the end. */
export async function startAclServer(
  program: string,
  atEnd: (work: () => Promise<void> | void) => void,
): Promise<AclServer> {
  const directory = temporaryDirectory(atEnd)
  const socket = join(directory, 'socket')
  const server = spawn(program, ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', directory], {
    stdio: 'ignore',
  })
  atEnd(() => void server.kill('SIGKILL'))
  const ask = async (...command: string[]) => (await run('redis-cli', ['-s', socket, ...command])).stdout.trimEnd()
  await eventually(`${program} answers`, async () => (await ask('PING')) === 'PONG')
  return { ask }
}
