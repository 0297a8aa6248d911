/** Words as shells take them, whatever is in them: nothing expands, nothing runs, nothing ends a line. Pure. */

/** What neither POSIX shells nor zsh nor fish give a meaning to: no `~` or `=` in front, no brackets. */
const HARMLESS = /^[\w./:,@%+-][\w./:=,@%+-]*$/
/** What a terminal obeys or hides, so that it can't be pasted. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/**
 * A word to paste. What is harmless stays as it is; what can't be seen is written out as `$'\033'`, which bash, zsh and ksh
 * read. Quotes and backslashes are written out there as well, so that shells without that form take it for plain text.
 */
export function shellWord(text: string): string {
  if (HARMLESS.test(text)) return text
  return UNSEEN.test(text) ? `$'${[...Buffer.from(text)].map(byteText).join('')}'` : shellQuoted(text)
}

function byteText(byte: number): string {
  const character = String.fromCharCode(byte)
  return /^[ -&(-[\]-~]$/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`
}

/** A command to paste, every value in it a word: shell`cachectl scale ${id} --nodes 3`; a list is as many as it holds. */
export function shell(words: TemplateStringsArray, ...given: readonly (Word | readonly Word[])[]): string {
  return words.reduce((line, piece, index) => {
    const value = given[index - 1] as Word | readonly Word[] // a template has one value fewer than pieces
    return `${line}${[value].flat().map(String).map(shellWord).join(' ')}${piece}`
  })
}

type Word = string | number

/** A value in a script for a POSIX shell to read, byte for byte. */
export const shellQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** The same for fish. */
export const fishQuoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`

/** The same for PowerShell, which takes typographic quotes for straight ones. */
export const powershellQuoted = (text: string): string => `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`
