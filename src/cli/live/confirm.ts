import { Problem, usageProblem } from '../problem.ts'
import { canAsk } from '../terminal.ts'
import { prompt } from './prompt.ts'

/** Asks before something of the user's is gone; without a terminal to ask on only `yes` lets it happen. */
export async function confirmDestruction(question: string, yes: boolean): Promise<void> {
  if (!yes && !canAsk()) {
    throw usageProblem(`There is no terminal to ask on: ${question}`, 'Add --yes if that is what you want.')
  }
  await confirmOnTerminal(question, yes)
}

/** Asks on a terminal; without one nothing is ever asked and the answer is yes, as in aws-cli. */
export async function confirmOnTerminal(question: string, yes: boolean): Promise<void> {
  if (yes || !canAsk()) return
  if ((await prompt({ type: 'confirm', message: question, default: false })) !== true) refuse()
}

/** The same where yes is what is expected. */
export async function agreeOnTerminal(question: string): Promise<void> {
  if ((await prompt({ type: 'confirm', message: question, default: true })) !== true) refuse()
}

function refuse(): never {
  throw new Problem('general', 'Nothing was changed.')
}
