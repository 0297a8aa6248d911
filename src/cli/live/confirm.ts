import { Problem } from '../problem.ts'
import { canAsk } from '../terminal.ts'
import { prompt } from './prompt.ts'

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
