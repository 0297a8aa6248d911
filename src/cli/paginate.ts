/** Pages put together as botocore's paginators do it, `NextToken` included. */

import type { OperationName } from '../api/model.ts'
import { operation } from '../api/model.ts'
import type { Pagination } from '../api/shapes.ts'
import type { FlagValues } from './parse.ts'
import { usageProblem } from './problem.ts'
import { countOf } from './seconds.ts'

export interface Paging {
  readonly maxItems: number | undefined
  readonly pageSize: number | undefined
  readonly start: Position
}

interface Position {
  readonly token: string | undefined
  /** Items of that page which an earlier answer already held. */
  readonly skip: number
}

type Page = Record<string, unknown>
export type FetchPage = (input: object) => Promise<Page>

const TRUNCATED = 'boto_truncate_amount'

/** undefined: one call, as it is; the operation has no pages, or its paging is done by hand. */
export function readPaging(name: OperationName, flags: FlagValues, input: object): Paging | undefined {
  const { pagination } = operation(name)
  if (!pagination) return undefined
  const given = ['max-items', 'page-size', 'starting-token'].filter((flag) => flags[flag] !== undefined)
  const byHand = [pagination.input, pagination.limit].some((member) => member in input)
  if (flags.paginate === false || byHand) {
    if (given.length === 0) return undefined
    const reason = byHand ? 'paging by hand' : '--no-paginate'
    const options = given.map((flag) => `--${flag}`).join(', ')
    throw usageProblem(`Error during pagination: Cannot specify ${reason} along with pagination arguments: ${options}`)
  }
  return {
    maxItems: optionalCount(flags, 'max-items'),
    pageSize: optionalCount(flags, 'page-size'),
    start: readToken(flags['starting-token'] as string | undefined, pagination),
  }
}

export async function allPages(pagination: Pagination, input: object, paging: Paging, fetch: FetchPage): Promise<Page> {
  const { maxItems = Number.POSITIVE_INFINITY, pageSize } = paging
  const items: unknown[] = []
  let { token, skip } = paging.start
  for (;;) {
    const page = await fetch({
      ...input,
      ...(pageSize !== undefined && { [pagination.limit]: pageSize }),
      ...(token !== undefined && { [pagination.input]: token }),
    })
    const found = ((at(page, pagination.results) as unknown[] | undefined) ?? []).slice(skip)
    const room = maxItems - items.length
    if (found.length > room) {
      items.push(...found.slice(0, room))
      return merged(pagination, items, { [pagination.input]: token ?? null, [TRUNCATED]: skip + room })
    }
    items.push(...found)
    const next = at(page, pagination.output) as string | undefined
    if (!next) return merged(pagination, items)
    if (items.length === maxItems) return merged(pagination, items, { [pagination.input]: next })
    if (next === token) throw new Error(`The same next token was received twice: ${next}`)
    token = next
    skip = 0
  }
}

function merged({ results }: Pagination, items: unknown[], next?: Record<string, unknown>): Page {
  const page = results.split('.').reduceRight<unknown>((value, name) => ({ [name]: value }), items) as Page
  return next ? { ...page, NextToken: encodeToken(next) } : page
}

const at = (page: Page, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (value as Page | undefined)?.[name], page)

// Python's json.dumps puts a space after colons and commas; tokens are compared as text by scripts.
function encodeToken(next: Record<string, unknown>): string {
  const pairs = Object.entries(next).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
  return Buffer.from(`{${pairs.join(', ')}}`).toString('base64')
}

function readToken(text: string | undefined, { input }: Pagination): Position {
  if (text === undefined) return { token: undefined, skip: 0 }
  try {
    const decoded = JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as Record<string, unknown>
    const token = decoded[input]
    const skip = decoded[TRUNCATED]
    return { token: typeof token === 'string' ? token : undefined, skip: typeof skip === 'number' ? skip : 0 }
  } catch {
    throw usageProblem(`Bad starting token: ${text}`)
  }
}

function optionalCount(flags: FlagValues, name: string): number | undefined {
  const given = flags[name]
  return typeof given === 'string' ? countOf(name, given, 1) : undefined
}
