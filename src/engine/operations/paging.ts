import { Fault } from '../../api/faults.ts'

const SMALLEST_PAGE = 20
const LARGEST_PAGE = 100
/** Of operations with NextToken and MaxResults. */
const LARGEST_TOKEN_PAGE = 50

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
  refuseSize('MaxRecords', size, SMALLEST_PAGE, LARGEST_PAGE)
  return cut(items, keyOf, size, request.Marker)
}

/** The same for operations of the newer kind: MaxResults is 1 to 50, 50 if absent (API reference, guide). */
export function pageByToken<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  request: { readonly NextToken?: string | undefined; readonly MaxResults?: number | undefined },
): { readonly items: T[]; readonly NextToken?: string } {
  const size = request.MaxResults ?? LARGEST_TOKEN_PAGE
  refuseSize('MaxResults', size, 1, LARGEST_TOKEN_PAGE)
  const { Marker, ...rest } = cut(items, keyOf, size, request.NextToken)
  return { ...rest, ...(Marker && { NextToken: Marker }) }
}

function refuseSize(member: string, size: number, smallest: number, largest: number): void {
  if (size < smallest || size > largest) {
    throw new Fault(
      'InvalidParameterValue',
      `Invalid value ${size} for ${member}. Must be between ${smallest} and ${largest}`,
    )
  }
}

function cut<T>(items: readonly T[], keyOf: (item: T) => string, size: number, marker: string | undefined): Page<T> {
  // Some clients send an empty marker with the first page.
  const from = !marker ? 0 : startAfter(items, keyOf, readMarker(marker))
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
