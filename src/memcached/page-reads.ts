import { copyBytes } from './bytes.ts'

// Node 20 copies values of these lengths faster as doubles than with a view and a call (without sockets a get of 100 bytes
// takes 16 % less); those of a DataView need not be aligned. That NaNs keep their bits is this V8's word, not the language's:
// no other Node does it, and a test holds it.
const DOUBLES_FROM = 16
const DOUBLES_TO = Number.parseInt(process.versions.node, 10) === 20 ? 256 : 0

// The buffer read into last, which is nearly always the next one too, and the view of it.
let last: Buffer = Buffer.alloc(0)
let view: DataView = new DataView(new ArrayBuffer(0))

/** Copies `page[start, end)`, of which `pageView` is the view, to `target[at]`; answers the position after the last byte. */
export function copyFromPage(
  page: Buffer,
  pageView: DataView,
  start: number,
  end: number,
  target: Buffer,
  at: number,
): number {
  const length = end - start
  if (length < DOUBLES_FROM || length > DOUBLES_TO) return copyBytes(page, start, end, target, at)
  if (target !== last) {
    last = target
    view = new DataView(target.buffer, target.byteOffset, target.length)
  }
  copyDoubles(pageView, start, length, view, at)
  return at + length
}

// The last 8 bytes overlap those before them.
function copyDoubles(source: DataView, start: number, length: number, target: DataView, at: number): void {
  const tail = length - 8
  for (let i = 0; i < tail; i += 8) target.setFloat64(at + i, source.getFloat64(start + i, true), true)
  target.setFloat64(at + tail, source.getFloat64(start + tail, true), true)
}
