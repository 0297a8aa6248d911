import { isAtLeast } from '../api/catalog/versions.ts'
import type { Client } from './client.ts'
import type { Opcode } from './opcode.ts'
import { arithmetic, remove } from './opcodes/change.ts'
import { configDelete, configGet, configList, configSet } from './opcodes/config.ts'
import { getOrTouch } from './opcodes/get.ts'
import { flush, noop, quit, stat, version } from './opcodes/server.ts'
import { beginStore } from './opcodes/store.ts'
import type { Settings } from './options.ts'
import type { Packet } from './packet.ts'
import { fail, UNKNOWN_COMMAND } from './packets.ts'
import { SINCE } from './since.ts'
import type { Mode } from './store/operations.ts'

const FIRST_CONFIG_OPCODE = 0x60

type Shape = Pick<Opcode, 'extras' | 'key' | 'value'>

const BARE: Shape = { extras: [0], key: 'none', value: false }
const KEYED: Shape = { extras: [0], key: 'required', value: false }
const STORING: Shape = { extras: [8], key: 'required', value: true }
const JOINING: Shape = { extras: [0], key: 'required', value: true }
// What follows the key is taken for the next request, as with memcached.
const TOUCHING: Shape = { extras: [4], key: 'required', value: true }
const COUNTING: Shape = { extras: [20], key: 'required', value: false }

function loudAndQuiet(loud: number, quiet: number, shape: Shape, run: Opcode['run'], since?: string): Opcode[] {
  const version = since === undefined ? {} : { since }
  return [
    { opcode: loud, quiet: false, ...shape, run, ...version },
    { opcode: quiet, quiet: true, ...shape, run, ...version },
  ]
}

const storing = (mode: Mode) => (client: Client, packet: Packet) => beginStore(client, packet, mode)

function unknown(client: Client, { valueBytes }: Packet): void {
  fail(client, UNKNOWN_COMMAND, valueBytes)
}

/** protocol_binary.txt, "Command Opcodes"; 0x60-0x68 are ElastiCache's. */
const OPCODES: readonly Opcode[] = [
  ...loudAndQuiet(0x00, 0x09, KEYED, (client, packet) => getOrTouch(client, packet, false, false, true)),
  ...loudAndQuiet(0x0c, 0x0d, KEYED, (client, packet) => getOrTouch(client, packet, false, true, true)),
  ...loudAndQuiet(0x01, 0x11, STORING, storing('set')),
  ...loudAndQuiet(0x02, 0x12, STORING, storing('add')),
  ...loudAndQuiet(0x03, 0x13, STORING, storing('replace')),
  ...loudAndQuiet(0x0e, 0x19, JOINING, storing('append')),
  ...loudAndQuiet(0x0f, 0x1a, JOINING, storing('prepend')),
  ...loudAndQuiet(0x04, 0x14, KEYED, remove),
  ...loudAndQuiet(0x05, 0x15, COUNTING, (client, packet) => arithmetic(client, packet, false)),
  ...loudAndQuiet(0x06, 0x16, COUNTING, (client, packet) => arithmetic(client, packet, true)),
  ...loudAndQuiet(0x07, 0x17, BARE, quit),
  ...loudAndQuiet(0x08, 0x18, { extras: [0, 4], key: 'none', value: false }, flush),
  { opcode: 0x0a, quiet: false, ...BARE, run: noop },
  { opcode: 0x0b, quiet: false, ...BARE, run: version },
  { opcode: 0x10, quiet: false, extras: [0], key: 'optional', value: true, run: stat },
  {
    opcode: 0x1c,
    quiet: false,
    ...TOUCHING,
    since: SINCE.touch,
    run: (client, packet) => getOrTouch(client, packet, true, false, false),
  },
  ...loudAndQuiet(0x1d, 0x1e, TOUCHING, (client, packet) => getOrTouch(client, packet, true, false, true), SINCE.touch),
  ...loudAndQuiet(0x23, 0x24, TOUCHING, (client, packet) => getOrTouch(client, packet, true, true, true), SINCE.touch),
  // SASL, which memcached knows of even where it is off.
  { opcode: 0x20, quiet: false, ...BARE, run: unknown },
  { opcode: 0x21, quiet: false, ...JOINING, run: unknown },
  { opcode: 0x22, quiet: false, ...JOINING, run: unknown },
  ...loudAndQuiet(0x60, 0x61, KEYED, (client, packet) => configGet(client, packet, false), SINCE.config),
  ...loudAndQuiet(0x62, 0x63, KEYED, (client, packet) => configGet(client, packet, true), SINCE.config),
  ...loudAndQuiet(0x64, 0x65, { extras: [0, 4], key: 'required', value: true }, configSet, SINCE.config),
  ...loudAndQuiet(0x66, 0x67, KEYED, configDelete, SINCE.config),
  { opcode: 0x68, quiet: false, ...BARE, since: SINCE.config, run: configList },
]

/** The rows of one engine version, by opcode. */
export function opcodesOf({ engineVersion, configCommand }: Settings): readonly (Opcode | undefined)[] {
  const rows: (Opcode | undefined)[] = new Array(256).fill(undefined)
  for (const row of OPCODES) {
    const known = row.since === undefined || isAtLeast(engineVersion, row.since)
    if (known && (configCommand || row.opcode < FIRST_CONFIG_OPCODE)) rows[row.opcode] = row
  }
  return rows
}
