import { hash } from 'node:crypto'
import { Fault } from '../../api/faults.ts'

const USUAL_PAGES = { smallest: 20, largest: 100 } as const
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
 * @param list Its name: markers of another list are refused.
 * @param sizes Where they are others; the largest is that of a request that says nothing.
 */
export function page<T>(
  list: string,
  items: readonly T[],
  keyOf: (item: T) => string,
  request: PageRequest,
  sizes: { readonly smallest: number; readonly largest: number } = USUAL_PAGES,
): Page<T> {
  const { smallest, largest } = sizes
  const size = request.MaxRecords ?? largest
  refuseSize('MaxRecords', size, smallest, largest)
  return cut(list, items, keyOf, size, request.Marker)
}

/** The same for operations of the newer kind: MaxResults is 1 to 50, 50 if absent (API reference, guide). */
export function pageByToken<T>(
  list: string,
  items: readonly T[],
  keyOf: (item: T) => string,
  request: { readonly NextToken?: string | undefined; readonly MaxResults?: number | undefined },
): { readonly items: T[]; readonly NextToken?: string } {
  const size = request.MaxResults ?? LARGEST_TOKEN_PAGE
  refuseSize('MaxResults', size, 1, LARGEST_TOKEN_PAGE)
  const { Marker, ...rest } = cut(list, items, keyOf, size, request.NextToken)
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

function cut<T>(
  list: string,
  items: readonly T[],
  keyOf: (item: T) => string,
  size: number,
  marker: string | undefined,
): Page<T> {
  // Some clients send an empty marker with the first page.
  const from = marker ? startAfter(items, keyOf, readMarker(list, marker)) : 0
  const chosen = items.slice(from, from + size)
  const last = chosen.at(-1)
  const isLast = last === undefined || from + size >= items.length
  return { items: chosen, ...(!isLast && { Marker: writeMarker(list, keyOf(last)) }) }
}

function startAfter<T>(items: readonly T[], keyOf: (item: T) => string, key: string): number {
  const index = items.findIndex((item) => keyOf(item) > key)
  return index === -1 ? items.length : index
}

/** Tells a marker of this list from one of another, and from one that was changed on its way: no secret, so no guard. */
const seal = (list: string, key: string): string => hash('sha256', `${list} ${key}`, 'hex').slice(0, 12)

const writeMarker = (list: string, key: string): string =>
  Buffer.from(`${seal(list, key)} ${key}`).toString('base64url')

function readMarker(list: string, marker: string): string {
  const [, found, key = ''] = /^(\S+) (.*)$/s.exec(Buffer.from(marker, 'base64url').toString()) ?? []
  if (found !== seal(list, key)) throw new Fault('InvalidParameterValue', `The marker ${marker} is not valid.`)
  return key
}
