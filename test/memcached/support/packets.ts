/** One binary request; numbers in `extras` are written as 4 bytes each, bigints as 8. */
export function request(
  opcode: number,
  {
    key = '',
    extras = [],
    value = '',
    cas = 0n,
    opaque = 0x01020304,
  }: {
    key?: string
    extras?: readonly (number | bigint)[]
    value?: string
    cas?: bigint
    opaque?: number
  } = {},
): string {
  const extra = Buffer.concat(
    extras.map((number) => {
      const bytes = Buffer.alloc(typeof number === 'bigint' ? 8 : 4)
      if (typeof number === 'bigint') bytes.writeBigUInt64BE(number)
      else bytes.writeUInt32BE(number)
      return bytes
    }),
  )
  return (
    header(opcode, key.length, extra.length, key.length + extra.length + value.length, opaque, cas) +
    extra.toString('latin1') +
    key +
    value
  )
}

/** A request's header alone, for requests that lie about their lengths. */
export function header(
  opcode: number,
  keyBytes: number,
  extrasBytes: number,
  bodyBytes: number,
  opaque = 0x01020304,
  cas = 0n,
): string {
  const bytes = Buffer.alloc(24)
  bytes[0] = 0x80
  bytes[1] = opcode
  bytes.writeUInt16BE(keyBytes, 2)
  bytes[4] = extrasBytes
  bytes.writeUInt32BE(bodyBytes, 8)
  bytes.writeUInt32BE(opaque, 12)
  bytes.writeBigUInt64BE(cas, 16)
  return bytes.toString('latin1')
}

export interface Reply {
  opcode: number
  status: number
  extras: string
  key: string
  value: string
  opaque: number
  cas: bigint
}

/** The replies in `text`; a tail that is no whole reply comes back as `rest`. */
export function replies(text: string): { replies: Reply[]; rest: string } {
  const bytes = Buffer.from(text, 'latin1')
  const found: Reply[] = []
  let at = 0
  while (bytes.length - at >= 24 && bytes[at] === 0x81) {
    const body = at + 24
    const end = body + bytes.readUInt32BE(at + 8)
    if (end > bytes.length) break
    const key = body + bytes.readUInt8(at + 4)
    const value = key + bytes.readUInt16BE(at + 2)
    found.push({
      opcode: bytes.readUInt8(at + 1),
      status: bytes.readUInt16BE(at + 6),
      extras: bytes.toString('hex', body, key),
      key: bytes.toString('latin1', key, value),
      value: bytes.toString('latin1', value, end),
      opaque: bytes.readUInt32BE(at + 12),
      cas: bytes.readBigUInt64BE(at + 16),
    })
    at = end
  }
  return { replies: found, rest: bytes.toString('latin1', at) }
}
