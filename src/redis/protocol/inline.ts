const DOUBLE_QUOTE = 0x22
const SINGLE_QUOTE = 0x27
const BACKSLASH = 0x5c
const ESCAPES: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, b: 0x08, a: 0x07 }

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
const isHex = (text: string): boolean => /^[0-9a-fA-F]{2}$/.test(text)

/**
 * The words of a line, as redis' sdssplitargs cuts them: between spaces, with `"..."` in which `\n`, `\x0a` and the like stand for
 * bytes, and `'...'` in which only `\'` does. Undefined: a quote is not closed, or is followed by something else than a space.
 */
export function splitInline(line: Buffer): Buffer[] | undefined {
  const words: Buffer[] = []
  let at = 0
  for (;;) {
    while (at < line.length && isSpace(line[at] as number)) at++ // at < length
    if (at >= line.length || line[at] === 0) return words
    const word: number[] = []
    const end = readWord(line, at, word)
    if (end === undefined) return undefined
    words.push(Buffer.from(word))
    at = end
  }
}

function readWord(line: Buffer, from: number, word: number[]): number | undefined {
  let at = from
  while (at < line.length) {
    const byte = line[at] as number // at < length
    if (isSpace(byte) || byte === 0) return at
    if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) {
      const end = byte === DOUBLE_QUOTE ? readDouble(line, at + 1, word) : readSingle(line, at + 1, word)
      const isClosed = end !== undefined && (end >= line.length || isSpace(line[end] as number)) // end < length, if it is looked at
      return isClosed ? end : undefined
    }
    word.push(byte)
    at++
  }
  return at
}

function readDouble(line: Buffer, from: number, word: number[]): number | undefined {
  let at = from
  while (at < line.length) {
    const byte = line[at] as number // at < length
    if (byte === DOUBLE_QUOTE) return at + 1
    if (byte !== BACKSLASH || at + 1 >= line.length) {
      word.push(byte)
      at++
      continue
    }
    const letter = String.fromCharCode(line[at + 1] as number) // at + 1 < length
    const digits = line.toString('latin1', at + 2, at + 4)
    if (letter === 'x' && isHex(digits)) {
      word.push(Number.parseInt(digits, 16))
      at += 4
    } else {
      word.push(ESCAPES[letter] ?? letter.charCodeAt(0))
      at += 2
    }
  }
  return undefined
}

function readSingle(line: Buffer, from: number, word: number[]): number | undefined {
  let at = from
  while (at < line.length) {
    const byte = line[at] as number // at < length
    if (byte === BACKSLASH && line[at + 1] === SINGLE_QUOTE) {
      word.push(SINGLE_QUOTE)
      at += 2
    } else if (byte === SINGLE_QUOTE) return at + 1
    else {
      word.push(byte)
      at++
    }
  }
  return undefined
}
