/** Questions on a terminal: asked on stderr, since stdout is the answer. inquirer is loaded at the first one. */
import { visibleLine } from '../../api/visible.ts'
import { environment } from '../environment.ts'
import { isPlain } from '../output/characters.ts'
import { Problem } from '../problem.ts'

export interface Choice {
  readonly name: string
  readonly value: string
}

export interface Confirm {
  readonly type: 'confirm'
  readonly message: string
  readonly default: boolean
}

export interface Input {
  /** `password`: what is typed is not shown. */
  readonly type: 'input' | 'password'
  readonly message: string
  readonly default?: string
  /** true, or what is wrong with it. */
  readonly validate?: (text: string) => true | string
}

export interface Choose {
  readonly type: 'select' | 'checkbox'
  readonly message: string
  readonly choices: readonly Choice[]
}

interface Search {
  readonly type: 'search'
  readonly message: string
  readonly source: (typed?: string) => readonly Choice[]
}

export type Question = Confirm | Input | Choose | Search

/** Ctrl-C ends it as an interruption that has changed nothing. */
export async function prompt(question: Question): Promise<unknown> {
  if (isPlain(environment)) return (await import('./plain-prompt.ts')).plainPrompt(shown(question))
  const { default: inquirer } = await import('inquirer')
  try {
    const ui = inquirer.createPromptModule({ output: process.stderr })
    // Its types ask for a name literal per kind of question; ours are checked above.
    const { answer } = (await ui([{ ...shown(question), name: 'answer' }] as never)) as { answer: unknown }
    return answer
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError') {
      throw new Problem('interrupted', 'Nothing was changed.')
    }
    throw error
  }
}

/** What is typed, which can't be nothing. */
export const typed = async (message: string): Promise<string> =>
  String(await prompt({ type: 'input', message, validate: (text) => text !== '' || 'It can not be left out.' }))

/** inquirer draws on the terminal by itself, so that what is drawn has to be harmless before it gets there. */
function shown(question: Question): Question {
  const message = visibleLine(question.message)
  const legible = (choices: readonly Choice[]) => choices.map((each) => ({ ...each, name: visibleLine(each.name) }))
  switch (question.type) {
    case 'select':
    case 'checkbox':
      return { ...question, message, choices: legible(question.choices) }
    case 'search':
      return { ...question, message, source: (typed) => legible(question.source(typed)) }
    default:
      return { ...question, message }
  }
}
