import { endianness } from 'node:os'
import { isNameOf } from '../api/tables.ts'
import { type Family, familyOf } from '../net/target.ts'
import { kernelFile } from './system-file.ts'

/** A TCP socket of this network namespace. */
export interface TcpSocket {
  readonly localAddress: string
  readonly localPort: number
  /** IPv4-mapped addresses (Java, dual-stack sockets) are written as IPv4. */
  readonly remoteAddress: string
  readonly remotePort: number
  readonly family: Family
  readonly state: TcpState
  /** Of the user it belongs to; 0 also when its process has closed it. */
  readonly uid: number
  /** `0`: the kernel keeps it, no process does. */
  readonly inode: string
}

export type TcpState = (typeof STATES)[keyof typeof STATES]

// include/net/tcp_states.h
const STATES = {
  '01': 'ESTABLISHED',
  '02': 'SYN-SENT',
  '03': 'SYN-RECV',
  '04': 'FIN-WAIT-1',
  '05': 'FIN-WAIT-2',
  '06': 'TIME-WAIT',
  '07': 'CLOSE',
  '08': 'CLOSE-WAIT',
  '09': 'LAST-ACK',
  '0A': 'LISTEN',
  '0B': 'CLOSING',
  '0C': 'NEW-SYN-RECV',
} as const

/** Every TCP socket here; none where there is no /proc. Needs no rights. Never rejects. */
export async function tcpSockets(): Promise<TcpSocket[]> {
  const files = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(kernelFile))
  return files.flatMap((text) => parseProcNetTcp(text))
}

/** Reads /proc/net/tcp or tcp6. */
export function parseProcNetTcp(text: string, order: 'LE' | 'BE' = endianness()): TcpSocket[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', remote = '', state = '', , , , uid = '', , inode = ''] = line.trim().split(/\s+/)
      if (!isNameOf(STATES, state)) return []
      const [from, to] = [addressOf(local, order), addressOf(remote, order)]
      return [
        {
          localAddress: from.address,
          localPort: from.port,
          remoteAddress: to.address,
          remotePort: to.port,
          family: familyOf(to.address),
          state: STATES[state],
          uid: Number(uid),
          inode,
        },
      ]
    })
}

/** `0100007F:2BCB` on a little-endian machine: groups of four bytes in the machine's order, the port in the network's. */
function addressOf(text: string, order: 'LE' | 'BE'): { address: string; port: number } {
  const [hex = '', port = '0'] = text.split(':')
  const groups = hex.match(/.{8}/g) ?? []
  const bytes = groups.flatMap((group) => {
    const four = (group.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16))
    return order === 'LE' ? four.reverse() : four
  })
  return { address: literal(bytes), port: Number.parseInt(port, 16) }
}

function literal(bytes: readonly number[]): string {
  const mapped = bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255
  if (bytes.length === 4 || mapped) return bytes.slice(-4).join('.')
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  )
  return shorten(groups)
}

/** RFC 5952: the longest run of zero groups, if longer than one, becomes `::`. */
function shorten(groups: readonly string[]): string {
  let best = { start: -1, length: 1 }
  for (let start = 0; start < groups.length; start++) {
    let length = 0
    while (groups[start + length] === '0') length++
    if (length > best.length) best = { start, length }
  }
  if (best.start < 0) return groups.join(':')
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`
}
