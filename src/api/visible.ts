/**
 * What a terminal would obey, or a reader would not see, written out as JSON writes it (`\u001b`): control characters of
 * both sets, direction overrides and other format characters, separators of lines, halves of surrogate pairs. The two
 * joiners stay, since words of Persian and Hindi are made with them. Pure.
 */
const HIDDEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
/** Line ends and tabs move the cursor nowhere that text could not; a return does, unless the line ends there. */
const HIDDEN_BUT_LINES = /(?![\t\n\u200c\u200d]|\r\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** A character beyond 16 bits is two of them. */
const writtenOut = (character: string): string => SHORT[character] ?? character.split('').map(unitText).join('')

const unitText = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Text of one or more lines. */
export const visible = (text: string): string => text.replace(HIDDEN_BUT_LINES, writtenOut)

/** Text that is to stay on its line: a name, a value, a cell. */
export const visibleLine = (text: string): string => text.replace(HIDDEN, writtenOut)

/** The same value with every string in it on its line, names of members included. What is no plain data stays as it is. */
export function visibleIn<T>(value: T): T {
  // Each branch returns what it was given, in kind; the compiler does not follow.
  if (typeof value === 'string') return visibleLine(value) as T
  if (Array.isArray(value)) return value.map(visibleIn) as T
  if (!isPlain(value)) return value
  const members = Object.entries(value).map(([name, inner]) => [visibleLine(name), visibleIn(inner)])
  return Object.fromEntries(members)
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** Bytes that a stranger has stored: as text where they are UTF-8, else with `\x9b` for each that is not ASCII. */
export function visibleBytes(bytes: Uint8Array): string {
  try {
    return visible(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    const text = Buffer.from(bytes).toString('latin1')
    return visible(text.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`))
  }
}
