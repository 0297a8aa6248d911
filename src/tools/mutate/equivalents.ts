/** Mutants no test can tell from the code, and why: they count neither way. A test sees to it that each is still to be had. */
export interface Equivalent {
  readonly file: string
  /** The source line, without its indent. */
  readonly context: string
  /** As the report prints it. */
  readonly change: string
  readonly reason: string
}

const POWER = 'only a machine whose power is cut shows it'

export const EQUIVALENTS: readonly Equivalent[] = [
  {
    file: 'src/engine/store/durable-file.ts',
    context: 'fsyncSync(file)',
    change: 'fsyncSync(file)  ->  void 0',
    reason: POWER,
  },
  {
    file: 'src/engine/store/durable-file.ts',
    context: 'fsyncSync(directory)',
    change: 'fsyncSync(directory)  ->  void 0',
    reason: POWER,
  },
  {
    file: 'src/engine/nodes/snapshot-file.ts',
    context: 'fsyncSync(descriptor)',
    change: 'fsyncSync(descriptor)  ->  void 0',
    reason: POWER,
  },
  {
    file: 'src/diagnose/gai-stanza.ts',
    context: 'const ULA = 0xfcn << 120n',
    change: '0xfcn  ->  253n',
    reason: 'of fc00::/7 only seven bits count, which fd00:: has as well',
  },
]
