import { Fault } from '../../api/faults.ts'

const SMALLEST_PAGE = 20
const LARGEST_PAGE = 100

export interface PageRequest {
  readonly Marker?: string | undefined
  readonly MaxRecords?: number | undefined
}

export interface Page<T> {
  readonly items: T[]
  /** Absent on the last page. */
  readonly Marker?: string
}

/**
 * One page of a list. MaxRecords is 20 to 100, 100 if absent (API reference). The marker holds the last item's key, so that
 * paging stays right while items come and go; `items` must be in the order of `keyOf`.
 */
export function page<T>(items: readonly T[], keyOf: (item: T) => string, request: PageRequest): Page<T> {
  const size = request.MaxRecords ?? LARGEST_PAGE
  if (size < SMALLEST_PAGE || size > LARGEST_PAGE) {
    throw new Fault(
      'InvalidParameterValue',
      `Invalid value ${size} for MaxRecords. Must be between ${SMALLEST_PAGE} and ${LARGEST_PAGE}`,
    )
  }
  const from = request.Marker === undefined ? 0 : startAfter(items, keyOf, readMarker(request.Marker))
  const chosen = items.slice(from, from + size)
  const last = chosen.at(-1)
  const isLast = last === undefined || from + size >= items.length
  return { items: chosen, ...(!isLast && { Marker: writeMarker(keyOf(last)) }) }
}

function startAfter<T>(items: readonly T[], keyOf: (item: T) => string, key: string): number {
  const index = items.findIndex((item) => keyOf(item) > key)
  return index === -1 ? items.length : index
}

const PREFIX = 'after:'

const writeMarker = (key: string): string => Buffer.from(PREFIX + key).toString('base64url')

function readMarker(marker: string): string {
  const text = Buffer.from(marker, 'base64url').toString()
  if (!text.startsWith(PREFIX)) throw new Fault('InvalidParameterValue', `The marker ${marker} is not valid.`)
  return text.slice(PREFIX.length)
}
