import { type Machine, toNumber } from '../machine.ts'
import { type Arguments, type Library, plain } from './arguments.ts'

/** LuaJIT's BitOp: numbers taken modulo 2^32, results as signed 32-bit integers. */
export function bit(machine: Machine): Library {
  const fold = (by: (a: number, b: number) => number) =>
    plain(machine, (args) => {
      let result = bits(args, 1)
      for (let at = args.count; at > 1; at--) result = by(result, bits(args, at))
      return result | 0
    })
  const shift = (by: (value: number, places: number) => number) =>
    plain(machine, (args) => by(bits(args, 1), bits(args, 2) & 31) | 0)
  return {
    tobit: plain(machine, (args) => bits(args, 1)),
    bnot: plain(machine, (args) => ~bits(args, 1)),
    band: fold((a, b) => a & b),
    bor: fold((a, b) => a | b),
    bxor: fold((a, b) => a ^ b),
    lshift: shift((value, places) => value << places),
    rshift: shift((value, places) => value >>> places),
    arshift: shift((value, places) => value >> places),
    rol: shift((value, places) => (value << places) | (value >>> (32 - places))),
    ror: shift((value, places) => (value << (32 - places)) | (value >>> places)),
    bswap: plain(machine, (args) => {
      const value = bits(args, 1)
      return (value >>> 24) | ((value >>> 8) & 0xff00) | ((value & 0xff00) << 8) | (value << 24)
    }),
    tohex: plain(machine, (args) => {
      const value = bits(args, 1)
      const digits = args.count < 2 ? 8 : bits(args, 2)
      const hex = (value >>> 0).toString(16).padStart(8, '0')
      const shown = hex.slice(8 - Math.min(Math.abs(digits), 8))
      return digits < 0 ? shown.toUpperCase() : shown
    }),
  }
}

const view = new DataView(new ArrayBuffer(8))

/** Rounds to an integer as adding 2^52 + 2^51 does, and takes its lower half. */
function bits(args: Arguments, index: number): number {
  const number = toNumber(args.at(index))
  if (number === undefined) return args.wrongType(index, 'number')
  view.setFloat64(0, number + 6755399441055744)
  return view.getInt32(4)
}
