import { type Machine, power } from '../machine.ts'
import { toInt32 } from '../numbers.ts'
import { type Library, plain } from './arguments.ts'

/**
 * Random numbers as servers make them for scripts: the same sequence after the same seed on every machine (48 bits, linear
 * congruential), so that a script that draws lots does so alike wherever it runs.
 */
export class Random {
  #state = 0x1234abcd330en

  seed(value: number): void {
    this.#state = (BigInt.asUintN(32, BigInt(value)) << 16n) | 0x330en
  }

  /** 31 bits. */
  next(): number {
    this.#state = BigInt.asUintN(48, this.#state * 0x5deece66dn + 0xbn)
    return Number(this.#state >> 17n)
  }
}

const MOST = 0x7fffffff

export function math(machine: Machine, random: Random, isRunning: () => boolean): Library {
  const of = (body: (x: number) => number) => plain(machine, (args) => body(args.number(1)))
  // The second argument is looked at first, as compilers have it: of two that are no numbers, it is the one that is named.
  const ofTwo = (body: (x: number, y: number) => number) =>
    plain(machine, (args) => {
      const y = args.number(2)
      return body(args.number(1), y)
    })
  const choose = (body: (numbers: readonly number[]) => number) =>
    plain(machine, (args) => {
      args.number(1)
      return body(args.values.map((_, at) => args.number(at + 1)))
    })
  return {
    pi: Math.PI,
    huge: Infinity,
    abs: of(Math.abs),
    acos: of(Math.acos),
    asin: of(Math.asin),
    atan: of(Math.atan),
    atan2: ofTwo(Math.atan2),
    ceil: of(Math.ceil),
    cos: of(Math.cos),
    cosh: of(Math.cosh),
    deg: of((x) => x / (Math.PI / 180)),
    exp: of(Math.exp),
    floor: of(Math.floor),
    fmod: ofTwo((x, y) => x % y),
    mod: ofTwo((x, y) => x % y),
    frexp: plain(machine, (args) => split(args.number(1))),
    ldexp: ofTwo((x, y) => scaled(x, toInt32(y))),
    log: of(Math.log),
    log10: of(Math.log10),
    max: choose((numbers) => extreme(numbers, (one, most) => one > most)),
    min: choose((numbers) => extreme(numbers, (one, least) => one < least)),
    modf: parts(machine),
    pow: ofTwo(power),
    rad: of((x) => x * (Math.PI / 180)),
    sin: of(Math.sin),
    sinh: of(Math.sinh),
    sqrt: of(Math.sqrt),
    tan: of(Math.tan),
    tanh: of(Math.tanh),
    random: plain(machine, (args) => {
      if (!isRunning()) machine.raise('math.random can only be called inside a script invocation')
      const part = (random.next() % MOST) / MOST
      if (args.count === 0) return part
      if (args.count > 2) machine.raise('wrong number of arguments')
      const [least, most] = args.count === 1 ? [1, args.int(1)] : [args.int(1), args.int(2)]
      if (least > most) args.fail(args.count, 'interval is empty')
      return Math.floor(part * (most - least + 1)) + least
    }),
    randomseed: plain(machine, (args) => {
      if (!isRunning()) machine.raise('math.randomseed can only be called inside a script invocation')
      random.seed(args.int(1))
      return []
    }),
  }
}

/** Not Math.max: what is no number comes out only where it was the first. */
const extreme = (numbers: readonly number[], beats: (one: number, best: number) => boolean): number =>
  numbers.reduce((best, one) => (beats(one, best) ? one : best))

const parts = (machine: Machine) =>
  plain(machine, (args) => {
    const x = args.number(1)
    const whole = Math.trunc(x)
    return [whole, Number.isFinite(x) ? x - whole : Number.isNaN(x) ? x : 0]
  })

/** A number as a fraction of at least a half and below one, and a power of two. */
function split(x: number): [number, number] {
  if (x === 0 || !Number.isFinite(x)) return [x, 0]
  let exponent = Math.max(-1023, Math.floor(Math.log2(Math.abs(x))) + 1)
  let fraction = scaled(x, -exponent)
  while (Math.abs(fraction) < 0.5) {
    fraction *= 2
    exponent--
  }
  while (Math.abs(fraction) >= 1) {
    fraction /= 2
    exponent++
  }
  return [fraction, exponent]
}

/** x * 2^power, in steps that no intermediate result overflows on. */
function scaled(x: number, exponent: number): number {
  let [result, left] = [x, Math.max(-2200, Math.min(2200, exponent))]
  for (; left > 1000; left -= 1000) result *= 2 ** 1000
  for (; left < -1000; left += 1000) result *= 2 ** -1000
  return result * 2 ** left
}
