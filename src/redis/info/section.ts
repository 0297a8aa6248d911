import type { Command } from '../commands/command.ts'
import type { Core } from '../core.ts'

/** One section of INFO. */
export interface Section {
  readonly name: string
  readonly title: string
  /** Only told when it is asked for by name, or everything is. */
  readonly besides?: boolean
  lines(core: Core, command: Command): readonly Line[]
}

export type Line = readonly [name: string, value: string | number]

const KIB = 1024

/** Bytes as people read them, in redis' own way. */
export function human(bytes: number): string {
  const units = ['B', 'K', 'M', 'G', 'T']
  let [value, unit] = [bytes, 0]
  while (value >= KIB && unit < units.length - 1) {
    value /= KIB
    unit++
  }
  return unit === 0 ? `${bytes}B` : `${value.toFixed(2)}${units[unit]}`
}
