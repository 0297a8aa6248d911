import { time } from './flag-kinds.ts'
import { choice, type Flags, text, toggle, type ValuesOf } from './flags.ts'

const helpGroup = 'GLOBAL'

const colourFlag = {
  color: choice(['on', 'off', 'auto'], {
    summary: 'colour on a terminal: on, off or auto (default)',
    helpValue: '<when>',
    helpGroup,
  }),
} satisfies Flags

/** Every command's: read of the line before anything else, by dispatch.ts. */
export const errorFlag = {
  'cli-error-format': choice(['legacy', 'json'], {
    summary: 'form of errors on stderr: legacy or json',
    helpValue: '<form>',
    helpGroup,
  }),
} satisfies Flags

/** Options every command that talks to the API takes, before or after the command's name. */
export const globalFlags = {
  target: text({
    own: true,
    summary: 'where to send it: local (default), aws, or a name of `cachectl target`',
    helpValue: '<target>',
    helpGroup,
  }),
  'endpoint-url': text({ summary: "send it to this URL instead of the target's own", helpValue: '<url>', helpGroup }),
  region: text({ summary: 'the region to work in', helpValue: '<region>', helpGroup }),
  profile: text({ summary: 'a profile of the AWS configuration files (target aws)', helpValue: '<name>', helpGroup }),
  'state-dir': text({ own: true, summary: 'state directory of the local engine', helpValue: '<path>', helpGroup }),
  output: text({ summary: 'form of the answer', helpValue: '<form>', helpGroup }),
  query: text({ summary: 'JMESPath expression that picks from the answer', helpValue: '<expression>', helpGroup }),
  ...errorFlag,
  debug: toggle({ summary: 'tell on stderr what is sent and what comes back, without secrets', helpGroup }),
  'sign-request': toggle({ summary: 'sign requests (default) or send them without credentials', helpGroup }, true),
  'verify-ssl': toggle({ summary: 'verify certificates (default) or take any', helpGroup }, true),
  'ca-bundle': text({ summary: 'certificates of the authorities to trust', helpValue: '<file>', helpGroup }),
  'cli-read-timeout': text({
    summary: 'how long to wait for an answer; 0: for ever',
    helpValue: '<seconds>',
    helpGroup,
  }),
  'cli-connect-timeout': text({
    summary: 'how long to wait for a connection; 0: for ever',
    helpValue: '<seconds>',
    helpGroup,
  }),
  ...colourFlag,
  // Of aws-cli's global options the one that means something to few operations: see pagingFlags.
  paginate: toggle({ summary: '', helpGroup, hidden: true }, true),
  'cli-pager': toggle({ summary: 'page what is longer than the screen (default) or not', helpGroup }, true),
} satisfies Flags

/** Of commands about the local engine, or what is kept beside it. */
export const stateDirFlag = {
  'state-dir': text({ summary: 'state directory (default: CACHECTL_HOME or the data directory)', helpValue: '<path>' }),
} satisfies Flags

/** What a command that talks to the API is told of where and how. */
export type GlobalOptions = Partial<ValuesOf<typeof globalFlags>>

/** What an operation's answer can be printed as; hand-written commands name their own forms. */
export const answerFlags = {
  output: text({
    summary: 'json, text, table, yaml, yaml-stream or off; a readable view on a terminal',
    helpValue: '<form>',
    helpGroup,
  }),
} satisfies Flags

/** The whole input at once. */
export const inputFlags = {
  'cli-input-json': text({ summary: 'the input as JSON; options win over it', helpValue: '<json>', helpGroup }),
  'cli-input-yaml': text({ summary: 'the input as YAML; options win over it', helpValue: '<yaml>', helpGroup }),
  'generate-cli-skeleton': text(
    {
      summary: 'print what the operation takes or answers; send nothing (input, yaml-input, output)',
      helpValue: '[<kind>]',
      helpGroup,
    },
    { bare: 'input' },
  ),
} satisfies Flags

export const pagingFlags = {
  'max-items': text({ summary: 'stop after this many items', helpValue: '<number>', helpGroup: 'PAGING' }),
  'page-size': text({ summary: 'items to ask for per call', helpValue: '<number>', helpGroup: 'PAGING' }),
  'starting-token': text({
    summary: 'go on where NextToken of an earlier answer says',
    helpValue: '<token>',
    helpGroup: 'PAGING',
  }),
  paginate: toggle({ summary: 'ask for all pages (default) or only the first', helpGroup: 'PAGING' }, true),
} satisfies Flags

export const waitFlags = {
  wait: toggle({
    own: true,
    summary: 'return when the change is done; then the answer is the final state',
    helpGroup: 'WAITING',
  }),
  timeout: time({
    own: true,
    summary: 'with --wait: give up after so long',
    helpGroup: 'WAITING',
  }),
  interval: time({ own: true, summary: 'with --wait: time between looks', helpGroup: 'WAITING' }),
} satisfies Flags

export const unusedFlags = {
  'wait-unused': toggle({ own: true, summary: 'while something uses it, wait, then delete it', helpGroup: 'WAITING' }),
  timeout: time({
    own: true,
    summary: 'with --wait-unused: give up after so long',
    helpGroup: 'WAITING',
  }),
  interval: time({
    own: true,
    summary: 'with --wait-unused: time between tries',
    helpGroup: 'WAITING',
  }),
} satisfies Flags

/** Operations that delete what others may be using. */
export const deletesGroup = (name: string): boolean => /^DeleteCache(Parameter|Subnet|Security)Group$/.test(name)

export const dryRunFlag = {
  'dry-run': toggle({
    own: true,
    summary: 'show the request and what is wrong with it; send nothing',
    helpGroup: 'GLOBAL',
  }),
} satisfies Flags

/** For the commands that ask for what is missing. */
export const askFlag = {
  input: toggle(
    { own: true, summary: 'on a terminal, ask for required options that are missing (default) or not', helpGroup },
    true,
  ),
} satisfies Flags

export const confirmFlags = {
  yes: toggle({ own: true, summary: 'do not ask for confirmation', helpGroup: 'GLOBAL' }),
} satisfies Flags
