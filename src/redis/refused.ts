import type { Command } from './commands/command.ts'
import type { Args } from './protocol/args.ts'

// As much of a client's words as redis repeats.
export const MOST_SHOWN = 128

/** What a request is answered whose first word is no command. */
export function unknownCommand(args: Args): string {
  let shown = ''
  for (let i = 1; i < args.count && shown.length < MOST_SHOWN; i++)
    shown += `'${args.shown(i).slice(0, MOST_SHOWN - shown.length)}' `
  return `ERR unknown command '${args.shown(0).slice(0, MOST_SHOWN)}', with args beginning with: ${shown}`
}

export const unknownSubcommand = ({ name }: Command, args: Args): string =>
  `ERR unknown subcommand '${args.shown(1).slice(0, MOST_SHOWN)}'. Try ${name.toUpperCase()} HELP.`

export const wrongArity = ({ name }: Pick<Command, 'name'>): string =>
  `ERR wrong number of arguments for '${name}' command`

/** What a handler says of words it can't read, as redis' addReplySubcommandSyntaxError does. */
export const subcommandSyntax = (args: Args): string =>
  `ERR unknown subcommand or wrong number of arguments for '${args.shown(1).slice(0, MOST_SHOWN)}'. Try ${args.text(0).toUpperCase()} HELP.`
