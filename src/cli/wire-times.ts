/** Keeps what the service wrote for a time: the codec's Date holds milliseconds, AWS sends microseconds in places. */

interface Strings {
  read(schema: unknown, text: string): unknown
}

/** `protocol`: the SDK's own, whose deserializer reads every scalar of an answer through one method. */
export function keepWireTimes(protocol: object): void {
  // A member of its own, which its type does not tell of.
  const strings = (protocol as { deserializer?: { stringDeserializer?: Strings } }).deserializer?.stringDeserializer
  // A later SDK may be built differently: then times are printed from their milliseconds.
  if (!strings) return
  const read = strings.read.bind(strings)
  strings.read = (schema, text) => {
    const value = read(schema, text)
    return value instanceof Date ? Object.assign(value, { wire: text }) : value
  }
}
