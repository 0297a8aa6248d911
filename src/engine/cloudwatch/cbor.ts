/** CBOR of the protocol rpc-v2-cbor, by the SDKs' own codec. Times are Dates here, and tagged numbers of seconds on the wire. */
import { cbor, dateToTag, tagSymbol } from '@smithy/core/cbor'
import { Fault } from '../../api/faults.ts'
import { errorMessage } from '../../api/thrown.ts'

const EPOCH_SECONDS = 1

/** Throws a ValidationError when the bytes are no CBOR. */
export function decodeCbor(bytes: Uint8Array): unknown {
  try {
    return withDates(cbor.deserialize(bytes))
  } catch (error) {
    throw new Fault('ValidationError', `The request's body is not CBOR: ${errorMessage(error)}`)
  }
}

/** Of objects, arrays, strings, numbers, booleans, null and Dates; members that are undefined are left out. */
export const encodeCbor = (value: unknown): Buffer => Buffer.from(cbor.serialize(withTags(value)))

function withDates(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(withDates)
  if (!(tagSymbol in value)) return mapped(value, withDates)
  const { tag, value: tagged } = value as { tag?: unknown; value?: unknown } // a tagged value has both
  if (tag !== EPOCH_SECONDS) return withDates(tagged)
  if (typeof tagged !== 'number' || !Number.isFinite(tagged)) throw new Error('a time is no number')
  return new Date(Math.round(tagged * 1000))
}

function withTags(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return dateToTag(value)
  return Array.isArray(value) ? value.map(withTags) : mapped(value, withTags)
}

const mapped = (value: object, change: (member: unknown) => unknown): object =>
  Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => (member === undefined ? [] : [[name, change(member)]])),
  )
