const ESCAPED: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x07': '\\a',
  '\b': '\\b',
}

/** Text of one byte a character in quotes, as redis' sdscatrepr shows it. */
export function quoted(text: string): string {
  const shown = text.replace(
    /[^ !#-[\]-~]/g,
    (byte) => ESCAPED[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return `"${shown}"`
}
