/** Pages put together as botocore's paginators do it, `NextToken` included. */

import type { OperationName } from '../../api/model.ts'
import { operation } from '../../api/model.ts'
import { kebabCase } from '../../api/names.ts'
import { isObject, memberAt } from '../../api/objects.ts'
import type { Pagination } from '../../api/shapes.ts'
import { pythonRepr } from '../output/python-text.ts'
import type { FlagValues } from '../parse.ts'
import { Problem, usageProblem } from '../problem.ts'
import { tell } from '../terminal.ts'
import { validMembers } from './validate.ts'

export interface Paging {
  readonly maxItems: number | undefined
  readonly pageSize: number | undefined
  readonly start: Position
}

interface Position {
  /** Members of the input that begin there; the token of the page among them. */
  readonly from: Page
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
  const byHand = [pagination.input, pagination.limit].some((member) => member in input)
  if (flags.paginate === false || byHand) {
    const given = ['starting-token', 'page-size', 'max-items'].filter((flag) => flags[flag] !== undefined)
    if (given.length === 0) return undefined
    const reason = 'Cannot specify --no-paginate along with pagination arguments'
    const options = given.map((flag) => `--${flag}`).join(', ')
    throw new Problem(
      'general',
      `Error during pagination: ${reason}: ${options}`,
      byHand ? `--${kebabCase(pagination.input)} and --${kebabCase(pagination.limit)} mean --no-paginate.` : undefined,
    )
  }
  const maxItems = optionalCount(flags, 'max-items')
  if (maxItems !== undefined && maxItems <= 0)
    tell('warning: Non-positive values for --max-items may result in undefined behavior.')
  return {
    maxItems,
    pageSize: optionalCount(flags, 'page-size'),
    start: checkedStart(name, readToken(flags['starting-token'], pagination)),
  }
}

/** A part of the answer; the last one of an answer cut short says where the next one begins. */
export interface Part {
  /** Its items alone, in the answer's own form. */
  readonly page: Page
  /** All of what the service sent, without items that are not asked for. */
  readonly whole: Page
  readonly nextToken?: string
}

/**
 * Asks for page after page until there are no more, or `maxItems` are there. Throws a Problem when the service repeats a token.
 */
export async function* eachPage(
  pagination: Pagination,
  input: object,
  paging: Paging,
  fetch: FetchPage,
): AsyncGenerator<Part, void, undefined> {
  let room = paging.maxItems ?? Number.POSITIVE_INFINITY
  let { from, skip } = paging.start
  for (;;) {
    const page = await fetch({
      ...input,
      ...(paging.pageSize !== undefined && { [pagination.limit]: paging.pageSize }),
      ...from,
    })
    const items = listAt(page, pagination).slice(skip)
    if (items.length > room) {
      const nextToken = encodeToken({ [pagination.input]: from[pagination.input] ?? null, [TRUNCATED]: skip + room })
      return yield { ...part(pagination, page, items.slice(0, room)), nextToken }
    }
    room -= items.length
    const next = memberAt(page, pagination.output) as string | undefined // tokens are strings
    const more = next && room === 0 ? { nextToken: encodeToken({ [pagination.input]: next }) } : {}
    yield { ...part(pagination, page, items), ...more }
    if (!next || room === 0) return
    if (next === from[pagination.input])
      throw new Problem(
        'general',
        `Error during pagination: The same next token was received twice: ${pythonRepr({ [pagination.input]: next })}`,
      )
    from = { [pagination.input]: next }
    skip = 0
  }
}

function part(pagination: Pagination, page: Page, items: unknown[]): Part {
  const own = withResults(pagination, items)
  const [outer = ''] = pagination.results.split('.')
  const [inner, before] = [own[outer], page[outer]]
  const whole = isObject(inner) && isObject(before) ? { ...before, ...inner } : inner
  return { page: own, whole: { ...page, [outer]: whole } }
}

/** All pages as one answer. */
export async function allPages(pagination: Pagination, parts: AsyncIterable<Part>): Promise<Page> {
  const items: unknown[] = []
  let token: string | undefined
  for await (const { page, nextToken } of parts) {
    items.push(...listAt(page, pagination))
    token = nextToken
  }
  return { ...withResults(pagination, items), ...(token !== undefined && { NextToken: token }) }
}

const withResults = ({ results }: Pagination, items: unknown[]): Page =>
  results.split('.').reduceRight<unknown>((value, name) => ({ [name]: value }), items) as Page // a path has a name

function listAt(page: Page, { results }: Pagination): unknown[] {
  const items = memberAt(page, results)
  return Array.isArray(items) ? items : []
}

// Python's json.dumps puts a space after colons and commas; tokens are compared as text by scripts.
function encodeToken(next: Record<string, unknown>): string {
  const pairs = Object.entries(next).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
  return Buffer.from(`{${pairs.join(', ')}}`).toString('base64')
}

/** A NextToken; the older `marker___items`, or a marker of the service's own, as botocore still takes them. */
function readToken(text: unknown, { input }: Pagination): Position {
  if (typeof text !== 'string') return { from: {}, skip: 0 }
  const decoded = decodeToken(text)
  if (decoded) {
    const { [TRUNCATED]: skip, ...from } = decoded
    const given = Object.entries(from).filter(([, value]) => value !== null && value !== 'None')
    return { from: Object.fromEntries(given), skip: typeof skip === 'number' ? skip : 0 }
  }
  const parts = text.split('___')
  if (parts.length > 2) throw new Problem('general', `Bad starting token: ${text}`)
  const counted = parts.length === 2 && /^\d+$/.test(parts[1] ?? '')
  const marker = counted ? parts[0] : text
  return { from: marker === 'None' ? {} : { [input]: marker }, skip: counted ? Number(parts[1]) : 0 }
}

/** A token may come from anywhere: what it adds to the input is checked like the rest of it. */
function checkedStart(name: OperationName, start: Position): Position {
  const { input } = operation(name)
  validMembers(input, start.from)
  return start
}

function decodeToken(text: string): Page | undefined {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(text, 'base64').toString('utf8'))
    return isObject(decoded) ? decoded : undefined
  } catch {
    return undefined
  }
}

function optionalCount(flags: FlagValues, name: string): number | undefined {
  const given = flags[name]
  if (typeof given !== 'string') return undefined
  const digits = given.trim().replace(/(?<=\d)_(?=\d)/g, '')
  if (/^[+-]?\d+$/.test(digits)) return Number(digits)
  throw usageProblem(`argument --${name}: invalid int value: '${given}'`, 'It must be a whole number.')
}
