import type { Client } from './client.ts'
import type { Packet } from './packet.ts'

/** One row of the binary protocol's command table. */
export interface Opcode {
  readonly opcode: number
  readonly quiet: boolean
  /** Lengths the extras may have. */
  readonly extras: readonly number[]
  readonly key: 'required' | 'none' | 'optional'
  /** Whether a value may follow the key. */
  readonly value: boolean
  readonly since?: string
  run(client: Client, packet: Packet): void
}
