import { type Flags, text, toggle } from './flags.ts'

const helpGroup = 'GLOBAL'

export const colourFlag: Flags = {
  color: text({ summary: 'colour on a terminal: on, off or auto (default)', helpValue: '<when>', helpGroup }),
}

/** Options every command that talks to the API takes, before or after the command's name. */
export const globalFlags: Flags = {
  target: text({ summary: 'where to send it: local (default) or aws', helpValue: '<target>', helpGroup }),
  'endpoint-url': text({ summary: "send it to this URL instead of the target's own", helpValue: '<url>', helpGroup }),
  region: text({ summary: 'the region to work in', helpValue: '<region>', helpGroup }),
  profile: text({ summary: 'a profile of the AWS configuration files (target aws)', helpValue: '<name>', helpGroup }),
  'state-dir': text({ summary: 'state directory of the local engine', helpValue: '<path>', helpGroup }),
  output: text({ summary: 'form of the answer', helpValue: '<form>', helpGroup }),
  query: text({ summary: 'JMESPath expression that picks from the answer', helpValue: '<expression>', helpGroup }),
  'cli-error-format': text({ summary: 'form of errors on stderr: legacy or json', helpValue: '<form>', helpGroup }),
  ...colourFlag,
  'cli-pager': toggle({ summary: 'page what is longer than the screen (default) or not', helpGroup }, true),
}

/** What an operation's answer can be printed as; hand-written commands name their own forms. */
export const answerFlags: Flags = {
  output: text({
    summary: 'form of the answer: json, text or off; a readable view on a terminal',
    helpValue: '<form>',
    helpGroup,
  }),
}

export const pagingFlags: Flags = {
  'max-items': text({ summary: 'stop after this many items', helpValue: '<number>', helpGroup: 'PAGING' }),
  'page-size': text({ summary: 'items to ask for per call', helpValue: '<number>', helpGroup: 'PAGING' }),
  'starting-token': text({
    summary: 'go on where NextToken of an earlier answer says',
    helpValue: '<token>',
    helpGroup: 'PAGING',
  }),
  paginate: toggle({ summary: 'ask for all pages (default) or only the first', helpGroup: 'PAGING' }, true),
}

export const waitFlags: Flags = {
  wait: toggle({ summary: 'return when the change is done; then the answer is the final state', helpGroup: 'WAITING' }),
  timeout: text({ summary: 'with --wait: give up after this many seconds', helpValue: '<s>', helpGroup: 'WAITING' }),
  interval: text({ summary: 'with --wait: seconds between looks', helpValue: '<s>', helpGroup: 'WAITING' }),
}

export const unusedFlags: Flags = {
  'wait-unused': toggle({ summary: 'while something uses it, wait, then delete it', helpGroup: 'WAITING' }),
  timeout: text({
    summary: 'with --wait-unused: give up after this many seconds',
    helpValue: '<s>',
    helpGroup: 'WAITING',
  }),
  interval: text({ summary: 'with --wait-unused: seconds between tries', helpValue: '<s>', helpGroup: 'WAITING' }),
}

/** Operations that delete what others may be using. */
export const deletesGroup = (name: string): boolean => /^DeleteCache(Parameter|Subnet|Security)Group$/.test(name)

export const dryRunFlag: Flags = {
  'dry-run': toggle({ summary: 'show the request and what is wrong with it; send nothing', helpGroup: 'GLOBAL' }),
}

/** For the commands that ask for what is missing. */
export const askFlag: Flags = {
  input: toggle(
    { summary: 'on a terminal, ask for required options that are missing (default) or not', helpGroup },
    true,
  ),
}

export const confirmFlags: Flags = {
  yes: toggle({ summary: 'do not ask for confirmation', helpGroup: 'GLOBAL' }),
}
