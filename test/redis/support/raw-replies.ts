const LF = 0x0a
const AGGREGATES = '*~%>|'
const BULKS = '$!='
const PAIRS = '%|'

/** Where the reply that begins at `at` ends; -1: it has not all come. An attribute belongs to the reply after it. */
export function replyEnd(bytes: Buffer, at: number): number {
  const line = bytes.indexOf(LF, at)
  if (line < 0) return -1
  const kind = String.fromCharCode(bytes[at] ?? 0)
  const number = Number(bytes.toString('latin1', at + 1, line - 1))
  if (BULKS.includes(kind)) {
    const end = number < 0 ? line + 1 : line + 1 + number + 2
    return end <= bytes.length ? end : -1
  }
  if (!AGGREGATES.includes(kind)) return line + 1
  let end = line + 1
  const items = Math.max(0, number) * (PAIRS.includes(kind) ? 2 : 1) + (kind === '|' ? 1 : 0)
  for (let i = 0; i < items && end >= 0; i++) end = replyEnd(bytes, end)
  return end
}
