import { BaseCommand, type CommandClass, word } from '../base-command.ts'
import { withClient } from '../clusters.ts'
import type { Documented } from '../command-doc.ts'
import { completionScript, type Shell } from '../completion-scripts.ts'
import { completionTable, idOptions } from '../completion-table.ts'
import { globalFlags } from '../global-flags.ts'
import { usageProblem } from '../problem.ts'
import { describeAll, kinds } from '../resources.ts'
import { print } from '../terminal.ts'

const HOW: Readonly<Record<Shell, string>> = {
  bash: 'eval "$(cachectl completion bash)" in ~/.bashrc',
  zsh: 'eval "$(cachectl completion zsh)" in ~/.zshrc, after compinit',
  fish: 'cachectl completion fish > ~/.config/fish/completions/cachectl.fish',
  powershell: 'cachectl completion powershell | Out-String | Invoke-Expression in $PROFILE (PowerShell 7)',
}

/** `completion <shell>`: commands, options and the values of options; ids of what there is are asked of the target. */
export function completionCommand(shell: Shell): CommandClass {
  return class extends BaseCommand {
    static override summary = `Print the completion script of ${shell}`
    static override description =
      `Completes commands, options, the values of options, and ids that exist at the target. To have it in every session: ${HOW[shell]}.`

    async run(): Promise<void> {
      this.read()
      const { commands } = await import('../../command-classes.ts')
      const documented = Object.entries(commands).map(([id, command]) => {
        const { flags } = command as unknown as Documented
        return { id, flags }
      })
      print(completionScript[shell](completionTable(documented)))
    }
  }
}

export class CompletionIds extends BaseCommand {
  static override summary = 'Print what an option that takes an id can name at the target'
  static override description = 'For the completion scripts: one id a line.'
  static override args = { option: word(`one of ${idOptions.join(', ')}`, { required: true }) }
  static override flags = globalFlags

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const option = `--${(words[0] ?? '').replace(/^--/, '')}`
    const kind = kinds[idOptions.indexOf(option)]
    if (!kind) throw usageProblem(`argument option: invalid choice: '${option}' (choose from: ${idOptions.join(', ')})`)
    const items = await withClient(flags, (client) => describeAll(client, kind.describe))
    print(items.map((item) => `${String(item[kind.id])}\n`).join(''))
  }
}
