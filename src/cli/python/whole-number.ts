import { pythonRepr } from '../output/python-text.ts'
import { usageProblem } from '../problem.ts'

/** As Python's int() reads it: space around it, underscores between digits. Refused in its words, with `hint` behind. */
export function wholeNumber(text: string, hint: string): number {
  const plain = text.trim().replace(/(?<=\d)_(?=\d)/g, '')
  if (/^[+-]?\d+$/.test(plain)) return Number(plain)
  throw usageProblem(`invalid literal for int() with base 10: ${pythonRepr(text)}`, hint)
}
