/**
 * Escape sequences of our own. Each carries a mark that is drawn anew for every process, so that the writer of a terminal
 * can tell them from those in a cluster's name, a certificate or a node's answer: it knows the mark, and strangers don't.
 */
import { randomInt } from 'node:crypto'
import { visible } from '../../api/visible.ts'

/**
 * As parameters of the sequence, so that whatever measures text takes them for a part of it.
 */
const MARK = Array.from({ length: 6 }, () => `;${randomInt(1000, 10_000)}`).join('')
const OWN = new RegExp(`\\x1b\\[([\\d;?]*)${MARK}([A-Za-z])`, 'g')

/** Marks the sequences of a text that has no others than ours (`\x1b[31m`, `\x1b[2K`). */
export const own = (text: string): string => text.replace(/\x1b\[([\d;?]*)([A-Za-z])/g, `\x1b[$1${MARK}$2`)

/** For a pipe: our sequences as they are meant, and every other byte as it came. */
export const unmarked = (text: string): string => text.replace(OWN, '\x1b[$1$2')

/** For a terminal: our sequences, and everything else made visible. */
export function onlyOwn(text: string): string {
  let [shown, end] = ['', 0]
  for (const {
    0: { length },
    1: parameters,
    2: final,
    index,
  } of text.matchAll(OWN)) {
    shown += `${visible(text.slice(end, index))}\x1b[${parameters}${final}`
    end = index + length
  }
  return shown + visible(text.slice(end))
}
