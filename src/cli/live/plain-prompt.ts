/** Questions line by line, for a terminal whose cursor can't be moved or that has nothing but ASCII. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { Problem } from '../problem.ts'
import { tell, tellPiece } from '../terminal.ts'
import type { Choice, Choose, Confirm, Input, Question } from './prompt.ts'

/** Reads a line; `hidden`: what is typed is not shown. */
export type ReadLine = (hidden: boolean) => Promise<string>

/** How many choices are shown at once. */
const SHOWN = 20

/** Asks until the answer is one. */
export async function plainPrompt(question: Question, readLine: ReadLine = lineOfTerminal): Promise<unknown> {
  const ask = async (text: string, hidden = false): Promise<string> => {
    tellPiece(`${text} `)
    return (await readLine(hidden)).trim()
  }
  switch (question.type) {
    case 'confirm':
      return confirmed(question, ask)
    case 'input':
    case 'password':
      return validated(question, ask)
    case 'select':
      return one(question.message, () => question.choices, ask)
    case 'search':
      return one(question.message, question.source, ask)
    case 'checkbox':
      return several(question, ask)
  }
}

type Ask = (text: string, hidden?: boolean) => Promise<string>

async function confirmed({ message, default: usual }: Confirm, ask: Ask): Promise<boolean> {
  const said = await ask(`? ${message} (${usual ? 'Y/n' : 'y/N'})`)
  return said === '' ? usual : /^y(es)?$/i.test(said)
}

async function validated(question: Input, ask: Ask): Promise<string> {
  const { type, message, default: usual, validate = () => true } = question
  for (;;) {
    const said = await ask(`? ${message}${usual === undefined ? '' : ` (${usual})`}`, type === 'password')
    const text = said === '' && usual !== undefined ? usual : said
    const verdict = validate(text)
    if (verdict === true) return text
    tell(verdict)
  }
}

/** A number chooses; other words look for choices. */
async function one(message: string, source: (typed?: string) => readonly Choice[], ask: Ask): Promise<string> {
  let choices = source()
  for (;;) {
    tell(`? ${message}`)
    list(choices)
    const said = await ask('Number, or words:')
    const chosen = numbered(choices, said) ?? choices.find(({ name, value }) => name === said || value === said)
    if (chosen) return chosen.value
    const found = source(said).filter(({ name }) => name.toLowerCase().includes(said.toLowerCase()))
    if (found.length === 0) tell(`There is no ${said}.`)
    else choices = found
  }
}

async function several({ message, choices }: Choose, ask: Ask): Promise<string[]> {
  for (;;) {
    tell(`? ${message}`)
    list(choices)
    const said = (await ask('Numbers, with commas:')).split(/[\s,]+/).filter((word) => word !== '')
    const chosen = said.map((word) => numbered(choices, word))
    if (chosen.every((each) => each !== undefined)) return chosen.map(({ value }) => value)
    tell('These are not all numbers of the list.')
  }
}

function list(choices: readonly Choice[]): void {
  for (const [index, { name }] of choices.slice(0, SHOWN).entries()) tell(`  ${index + 1}) ${name}`)
  if (choices.length > SHOWN) tell(`  and ${choices.length - SHOWN} more: words look for them`)
}

const numbered = (choices: readonly Choice[], said: string): Choice | undefined =>
  /^\d+$/.test(said) ? choices[Number(said) - 1] : undefined

const lineOfTerminal: ReadLine = (hidden) =>
  new Promise((resolve, reject) => {
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
    // With a terminal of its own it does not let the keyboard be shown; what it would show goes nowhere.
    const lines = createInterface({ input: process.stdin, output: nowhere, terminal: hidden })
    const leave = (): void => {
      lines.close()
      tell('')
      reject(new Problem('interrupted', 'Nothing was changed.'))
    }
    process.once('SIGINT', leave)
    lines.once('SIGINT', leave)
    lines.once('close', () => {
      process.off('SIGINT', leave)
      // Ctrl-D; of no effect once there is a line.
      reject(new Problem('interrupted', 'Nothing was changed.'))
    })
    lines.once('line', (line) => {
      if (hidden) tell('')
      resolve(line)
      lines.close()
    })
  })
