import { type Machine, text, toNumber, typeName } from '../machine.ts'
import { toInt32 } from '../numbers.ts'
import { LuaTable } from '../table.ts'
import { LuaFunction, type LuaResults, type LuaRun, type LuaValue, native, nativeRun } from '../values.ts'

/** The arguments of one call of a function of the host, checked as `luaL_check...` does, with its messages. */
export class Arguments {
  readonly machine: Machine
  readonly values: readonly LuaValue[]

  constructor(machine: Machine, values: readonly LuaValue[]) {
    this.machine = machine
    this.values = values
  }

  get count(): number {
    return this.values.length
  }

  /** The argument at `index`, from 1, as it is. */
  at(index: number): LuaValue {
    return this.values[index - 1]
  }

  typeAt(index: number): string {
    return typeName(this.at(index), index > this.count ? 'no value' : 'nil')
  }

  wrongType(index: number, expected: string): never {
    return this.fail(index, `${expected} expected, got ${this.typeAt(index)}`)
  }

  fail(index: number, message: string): never {
    return this.machine.argumentError(index, message)
  }

  any(index: number): LuaValue {
    if (index > this.count) this.fail(index, 'value expected')
    return this.at(index)
  }

  number(index: number): number {
    return toNumber(this.at(index)) ?? this.wrongType(index, 'number')
  }

  int(index: number): number {
    return toInt32(this.number(index))
  }

  string(index: number): string {
    return text(this.at(index)) ?? this.wrongType(index, 'string')
  }

  table(index: number): LuaTable {
    const value = this.at(index)
    return value instanceof LuaTable ? value : this.wrongType(index, 'table')
  }

  function(index: number): LuaFunction {
    const value = this.at(index)
    return value instanceof LuaFunction ? value : this.wrongType(index, 'function')
  }

  /** As `int`, with what is taken where there is none or nil. */
  optionalInt(index: number, otherwise: number): number {
    return this.at(index) === undefined ? otherwise : this.int(index)
  }

  optionalString(index: number, otherwise: string): string {
    return this.at(index) === undefined ? otherwise : this.string(index)
  }
}

export type Library = Readonly<Record<string, LuaValue>>

/** A function of the host that calls nothing of Lua. */
export const plain = (machine: Machine, body: (args: Arguments) => LuaResults): LuaFunction =>
  native((...values) => body(new Arguments(machine, values)))

/** A function of the host that calls functions of Lua. */
export const calling = (machine: Machine, body: (args: Arguments) => LuaRun): LuaFunction =>
  nativeRun((...values) => body(new Arguments(machine, values)))

export function tableOf(library: Library): LuaTable {
  const table = new LuaTable()
  for (const [name, value] of Object.entries(library)) table.set(name, value)
  return table
}
