import { Problem } from './problem.ts'
import { canAsk } from './terminal.ts'

/** Asks on a terminal; without one nothing is ever asked and the answer is yes, as in aws-cli. */
export async function confirmOnTerminal(question: string, yes: boolean): Promise<void> {
  if (yes || !canAsk()) return
  if (!(await ask(question))) throw new Problem('general', 'Nothing was changed.')
}

async function ask(message: string): Promise<boolean> {
  const { default: inquirer } = await import('inquirer')
  try {
    const ui = inquirer.createPromptModule({ output: process.stderr })
    const { sure } = await ui<{ sure: boolean }>([{ type: 'confirm', name: 'sure', message, default: false }])
    return sure
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError') {
      throw new Problem('interrupted', 'Nothing was changed.')
    }
    throw error
  }
}
