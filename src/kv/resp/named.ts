/** Bytes under a name in JSON: text as it is, anything else in base64, and then its name says so. */
export function named<Name extends string>(name: Name, bytes: Buffer): { readonly [key: string]: string } {
  const text = bytes.toString()
  return Buffer.from(text).equals(bytes) ? { [name]: text } : { [`${name}Base64`]: bytes.toString('base64') }
}

/** The bytes that `named` has written; undefined: there are none under that name. */
export function bytesNamed(record: Readonly<Record<string, unknown>>, name: string): Buffer | undefined {
  const { [name]: text, [`${name}Base64`]: base64 } = record
  if (typeof text === 'string') return Buffer.from(text)
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64') : undefined
}
