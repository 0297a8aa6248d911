import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SOCKET_FILE } from './config-file.ts'

/** Paths of socket files end at 104 bytes on macOS, at 108 on Linux. */
const SOCKET_PATH_BYTES = 103

/** How an engine gets to a server's socket. */
export interface Reach {
  readonly socket: string
  close(): void
}

/** A path that is too long for a socket is made shorter by a link, which `close` takes away. */
export function reachOf(directory: string): Reach {
  const socket = join(directory, SOCKET_FILE)
  if (Buffer.byteLength(socket) <= SOCKET_PATH_BYTES) return { socket, close: () => undefined }
  const folder = mkdtempSync(join(tmpdir(), 'cachectl-'))
  symlinkSync(directory, join(folder, 'd'))
  return { socket: join(folder, 'd', SOCKET_FILE), close: () => rmSync(folder, { recursive: true, force: true }) }
}
