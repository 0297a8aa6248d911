import { viewOf } from '../../net/bytes.ts'
import type { Arena } from '../memory/arena.ts'

/** Where bytes lie: within a page of the arena. */
export interface Span {
  page: Buffer
  view: DataView
  start: number
  end: number
}

const NO_BYTES = Buffer.alloc(0)
const NO_VIEW = viewOf(NO_BYTES)

/** One that shows nothing yet. */
export const emptySpan = (): Span => ({ page: NO_BYTES, view: NO_VIEW, start: 0, end: 0 })

/** Has a span show bytes of the page that a chunk is in. */
export function show(span: Span, arena: Arena, chunk: number, start: number, length: number): void {
  span.page = arena.page(chunk)
  span.view = arena.view(chunk)
  span.start = start
  span.end = start + length
}

/** A copy of the bytes. */
export const bytesOf = ({ page, start, end }: Span): Buffer => Buffer.from(page.subarray(start, end))

/** The bytes as text of one byte a character. */
export const textOf = ({ page, start, end }: Span): string => page.toString('latin1', start, end)
