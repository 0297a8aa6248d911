/** How wide text is on a terminal, and how it is cut to a width. Pure. */
import { stripVTControlCharacters } from 'node:util'
import stringWidth from 'string-width'

const ASCII = /^[\x20-\x7e]*$/

/** Columns that a line takes, without its colours: as cli-table3 counts them, which draws the tables. */
export function widthOf(line: string): number {
  return ASCII.test(line) ? line.length : stringWidth(line)
}

/** The beginning of a line without colours, of at most `width` columns. */
export function beginning(text: string, width: number): string {
  if (ASCII.test(text)) return text.slice(0, Math.max(0, width))
  let [end, left] = [0, width]
  for (const character of text) {
    left -= stringWidth(character)
    if (left < 0) break
    end += character.length
  }
  return text.slice(0, end)
}

/** The end of a line likewise. A mark that stands on a character stays with it. */
export function ending(text: string, width: number): string {
  if (ASCII.test(text)) return width <= 0 ? '' : text.slice(-width)
  const characters = Array.from(text)
  let [from, left] = [characters.length, width]
  for (let at = characters.length - 1; at >= 0; at -= 1) {
    const columns = stringWidth(characters[at] ?? '')
    left -= columns
    if (left < 0) break
    if (columns > 0) from = at
  }
  return characters.slice(from).join('')
}

/** A time of the UTC: its date and minute, its seconds, and how long ago it was. */
const TIME = /^\d{4}-(\d\d-\d\d \d\d:\d\d)(?::\d\dZ|Z)(?: \(.*\))?$/

/** The longest that has room of a time without how long ago it was, without seconds, without the year. */
function shorterTime(text: string, width: number): string | undefined {
  const [, minute] = TIME.exec(text) ?? []
  if (minute === undefined) return undefined
  const [whole = ''] = text.split(' (')
  return [whole, `${text.slice(0, 5)}${minute}`, minute].find((each) => each.length <= width)
}

/**
 * A line of at most `width` columns. Of one word the middle goes, since names that are alike at both ends are rare; of several
 * words the end, since what matters is said first; of a time what is finest. Its colour is lost unless it is one for all of it.
 */
export function shortened(line: string, width: number, ellipsis: string): string {
  if (widthOf(line) <= width) return line
  return recoloured(line, (text) => {
    const time = shorterTime(text, width)
    if (time !== undefined) return time
    const room = width - widthOf(ellipsis)
    if (room < 1) return beginning(text, width)
    if (/\s/.test(text)) return `${beginning(text, room).trimEnd()}${ellipsis}`
    const before = beginning(text, Math.ceil(room / 2))
    return `${before}${ellipsis}${ending(text, room - widthOf(before))}`
  })
}

/** Lines of at most `width` columns: broken at blanks, and within words that are longer. Colours as in {@link shortened}. */
export function wrapWords(line: string, width: number): string[] {
  if (widthOf(line) <= width) return [line]
  return recoloured(line, (text) => wrapped(text, width).join('\n')).split('\n')
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s/)) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(...pieces(word, width))
  }
  return lines
}

function pieces(word: string, width: number): string[] {
  const made: string[] = []
  let rest = word
  do {
    // A character wider than the line has to stand somewhere.
    const piece = beginning(rest, width) || (Array.from(rest)[0] ?? '')
    made.push(piece)
    rest = rest.slice(piece.length)
  } while (rest !== '')
  return made
}

const ONE_COLOUR = /^((?:\x1b\[[\d;]*m)+)([^\x1b]*)((?:\x1b\[[\d;]*m)+)$/

/** `change` gets the text without its colour; each line of what it makes is in the colour that all of it was in. */
function recoloured(line: string, change: (text: string) => string): string {
  const [, begin = '', text = stripVTControlCharacters(line), end = ''] = ONE_COLOUR.exec(line) ?? []
  return change(text)
    .split('\n')
    .map((each) => `${begin}${each}${end}`)
    .join('\n')
}
