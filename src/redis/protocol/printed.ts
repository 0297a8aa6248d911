/** A number as C's `%.<precision>g` writes it: 14 digits are Lua's own way, 17 that of arguments of commands. */
export function general(value: number, precision: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e14 && precision >= 14)
    return Object.is(value, -0) ? '-0' : String(value)
  if (!Number.isFinite(value)) return notFinite(value)
  const [mantissa, power] = scientific(value, Math.max(precision - 1, 0))
  if (power < -4 || power >= Math.max(precision, 1)) return trimmed(mantissa) + exponentOf(power)
  return trimmed(fixed(value, Math.max(precision - 1 - power, 0)))
}

// JavaScript rounds what lies in the very middle up, C to the even digit. More digits than doubles that lie there have:
const MANY = 60
const MOST = 100
const MIDDLE = /^50*$/
const EVEN = /[02468]$/

/** A number with so many digits after the point of its mantissa, and its power of ten. */
export function scientific(value: number, digits: number): readonly [mantissa: string, power: number] {
  const [mantissa = '', power = '0'] = value.toExponential(digits).split('e')
  // What was rounded up to an even digit is right as it is.
  if (EVEN.test(mantissa)) return [mantissa, Number(power)]
  const [exact = '', exactPower = '0'] = value.toExponential(Math.min(digits + MANY, MOST)).split('e')
  const cut = exact.length - Math.min(MANY, MOST - digits)
  if (!MIDDLE.test(exact.slice(cut))) return [mantissa, Number(power)]
  const lower = exact.slice(0, cut).replace(/\.$/, '')
  return EVEN.test(lower) ? [lower, Number(exactPower)] : [mantissa, Number(power)]
}

/** A number with so many digits after its point. JavaScript gives up on them from 1e21 on; such a number is an integer. */
export function fixed(value: number, digits: number): string {
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}${digits > 0 ? `.${'0'.repeat(digits)}` : ''}`
  const rounded = value.toFixed(digits)
  if (EVEN.test(rounded)) return rounded
  const exact = value.toFixed(Math.min(digits + MANY, MOST))
  const cut = exact.length - Math.min(MANY, MOST - digits)
  const lower = exact.slice(0, cut).replace(/\.$/, '')
  return MIDDLE.test(exact.slice(cut)) && EVEN.test(lower) ? lower : rounded
}

/** Without the zeros that say nothing. */
const trimmed = (digits: string): string => (digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits)

/** An exponent as C writes it: a sign, and two digits at least. */
export const exponentOf = (power: number): string =>
  `e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`

/** What is no number is negative where a processor of Intel's made it, which is what servers run on and print. */
export const notFinite = (value: number): string => (value === Infinity ? 'inf' : value === -Infinity ? '-inf' : '-nan')
