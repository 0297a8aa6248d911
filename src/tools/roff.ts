/** Documentation set in roff's man macros. Pure. */
import type { Chapter, CommandDoc, OptionDoc } from '../cli/help/command-doc.ts'
import { spoken } from '../cli/help/help-text.ts'

/** roff reads `\` as an escape, a leading `.` or `'` as a request, and prints `-` as a hyphen that can't be pasted. */
export function escapeRoff(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('~', '\\(ti').replaceAll('^', '\\(ha')
  return escaped.replace(/^(?=[.'])/gm, '\\&').replaceAll('`', '\\(ga')
}

export function commandManPage(doc: CommandDoc, seeAlso: readonly string[], version: string): string {
  const headings = [...new Set(doc.options.map(({ group }) => group))]
  return page([
    title(`cachectl-${doc.name.replaceAll(' ', '-')}`, version),
    ...section('NAME', [`cachectl\\-${escapeRoff(doc.name.replaceAll(' ', '-'))} \\- ${escapeRoff(doc.summary)}`]),
    ...section('SYNOPSIS', synopsis(doc)),
    ...section('DESCRIPTION', [escapeRoff(doc.description || `${doc.summary}.`)]),
    ...(doc.words.length > 0
      ? section(
          'ARGUMENTS',
          doc.words.flatMap(({ name, meaning }) => entry(italic(name), meaning)),
        )
      : []),
    ...(doc.kinds.length > 0
      ? section(
          'WHAT IT CAN BE',
          doc.kinds.flatMap(({ name, summary }) => entry(bold(name), summary)),
        )
      : []),
    ...headings.flatMap((group) => [
      ...(group === 'OPTIONS' ? section('OPTIONS', []) : section(`${group} OPTIONS`, [])),
      ...doc.options.filter((option) => option.group === group).flatMap(optionEntry),
    ]),
    ...(doc.examples.length > 0 ? section('EXAMPLES', doc.examples.flatMap(example)) : []),
    ...closing(seeAlso),
  ])
}

export function rootManPage(
  chapters: readonly Chapter[],
  docs: ReadonlyMap<string, CommandDoc>,
  version: string,
): string {
  return page([
    title('cachectl', version),
    ...section('NAME', ['cachectl \\- aws elasticache, with a cache behind it']),
    ...section('SYNOPSIS', ['.B cachectl', '.I command', '.RI [ options ]']),
    ...section(
      'DESCRIPTION',
      DESCRIPTION.flatMap((text) => ['.PP', escapeRoff(text)]),
    ),
    ...chapters.flatMap(({ title: heading, ids }) => [
      ...section(heading.toUpperCase(), []),
      ...ids.flatMap((id) => {
        const doc = docs.get(id)
        return doc ? entry(bold(doc.name), doc.summary) : []
      }),
    ]),
    ...closing(['cachectl-quickstart', 'cachectl-engine-start', 'cachectl-create-cache-cluster', 'memcached']),
  ])
}

const DESCRIPTION = [
  'Commands named after the operations of the Amazon ElastiCache API take the options of aws-cli, with its spelling, and print what it prints. They go to the local engine that `cachectl engine start` starts, or with --target aws to AWS.',
  'The other commands run the local engine, show and check where a cache answers, and take a tour of it all.',
]

const EXIT_STATUS = [
  ['0', 'Done.'],
  ['1, 2, 3', 'Answers of discover, probe and engine status; their pages tell.'],
  ['130', 'Interrupted. A change that was being waited for goes on.'],
  ['252', 'The command line is wrong.'],
  ['253', 'Configuration: no engine is running, no region, no credentials.'],
  ['254', 'The service answered with an error.'],
  ['255', 'Anything else: no connection, a wait without success.'],
] as const

const ENVIRONMENT = [
  ['CACHECTL_HOME', 'State directory of the local engine.'],
  ['CACHECTL_TARGET', 'Where requests go without --target: local, aws, or a name of cachectl target.'],
  ['CACHECTL_USER', 'The user of the local engine whose key signs requests (default: the one with all permissions).'],
  ['CACHECTL_ERROR_FORMAT', 'json: errors on stderr as one line of JSON.'],
  ['CACHECTL_KV_PASSWORD', 'Password of the user that logs in to servers of Redis OSS and Valkey.'],
  [
    'CACHECTL_REDIS_SERVER, CACHECTL_VALKEY_SERVER',
    'The programs that run nodes of the local engine (default: those in PATH).',
  ],
  ['CACHECTL_SYSTEM_ROOT', 'Directory whose etc `cachectl engine dns` changes in the place of /etc.'],
  ['AWS_ENDPOINT_URL_ELASTICACHE, AWS_ENDPOINT_URL', 'Where requests go when no target is named.'],
  ['AWS_ENDPOINT_URL_CLOUDWATCH', 'Where metrics are asked for, with the target aws.'],
  ['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', 'true: the endpoint URLs of environment and configuration do not count.'],
  ['AWS_REGION, AWS_DEFAULT_REGION', 'The region to work in.'],
  [
    'AWS_PROFILE, AWS_DEFAULT_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN',
    'As in aws-cli; never used locally.',
  ],
  ['AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE', 'The files of aws-cli, where they are not in ~/.aws.'],
  ['AWS_CA_BUNDLE', 'Certificates of the authorities to trust, as --ca-bundle.'],
  ['AWS_MAX_ATTEMPTS, AWS_RETRY_MODE', 'How often, and how, a call is made again; not at the local engine.'],
  ['AWS_DEFAULT_OUTPUT', 'Form of the answers of operations without --output.'],
  ['AWS_PAGER, PAGER, LESS', 'Program that shows what is longer than the screen (default less); empty: none.'],
  ['NO_COLOR', 'Not empty: no colours, whatever the other variables say; --color on has them all the same.'],
  ['FORCE_COLOR, CLICOLOR_FORCE', 'Not empty, and not 0: colours, in a pipe too.'],
  ['CLICOLOR', '0: no colours, unless they are forced.'],
  ['TERM', 'dumb: a terminal for text alone. What is drawn is ASCII, in lines, without colours.'],
  [
    'LC_ALL, LC_CTYPE, LANG',
    'The first that is not empty. Where it is not of UTF-8 (C, POSIX), what is drawn is ASCII, and without colours unless they are forced.',
  ],
  ['SHELL', 'The shell whose words `cachectl engine env` prints without --shell.'],
  ['HOME, XDG_DATA_HOME, LOCALAPPDATA', 'Where the data directory is, which holds the state directory.'],
  ['PATH', 'Where pagers, ssh and the programs that run cache nodes are looked for.'],
  ['CACHECTL_NODE_INSIDES', 'off: nodes use of Node.js what its documentation promises, and nothing else.'],
] as const

const FILES = [
  ['~/.local/share/cachectl', 'State directory, unless XDG_DATA_HOME or CACHECTL_HOME says otherwise. It holds:'],
  ['engine.json', 'Process and address of the running engine.'],
  ['credentials.json', 'The keys the engine accepts; readable by its owner only.'],
  ['engine.log', 'What the engine has to say.'],
  ['ca.pem', 'Certificate of the authority that signs the certificates of TLS nodes.'],
] as const

const closing = (seeAlso: readonly string[]): string[] => [
  ...section(
    'EXIT STATUS',
    EXIT_STATUS.flatMap(([code, meaning]) => entry(bold(code), meaning)),
  ),
  ...section(
    'ENVIRONMENT',
    ENVIRONMENT.flatMap(([name, meaning]) => entry(bold(name), meaning)),
  ),
  ...section(
    'FILES',
    FILES.flatMap(([path, meaning]) => entry(italic(path), meaning)),
  ),
  ...section('SEE ALSO', [seeAlso.map((name) => `.BR ${escapeRoff(name)} (1)`).join(' ,\n')]),
]

function synopsis({ name, words, options }: CommandDoc): string[] {
  const required = options.filter((option) => option.required)
  return [
    `.B cachectl ${escapeRoff(name)}`,
    ...words.map((word) => (word.required ? italic(word.name) : `[${italic(word.name)}]`)),
    ...required.map(({ spelling, value }) => `${bold(spelling)} ${italic(value)}`),
    ...(options.length > required.length ? ['.RI [ options ]'] : []),
  ]
}

function optionEntry({ spelling, value, meaning, required }: OptionDoc): string[] {
  return entry(`${bold(spelling)}${value ? ` ${italic(value)}` : ''}`, `${required ? '(required) ' : ''}${meaning}`)
}

function example(text: string): string[] {
  const lines = spoken(text)
    .replaceAll(/ (?=--)/g, ' \\\n    ')
    .split('\n')
  return ['.PP', '.nf', ...lines.map((line) => `.RS\n${escapeRoff(line)}\n.RE`), '.fi']
}

const entry = (term: string, meaning: string): string[] => ['.TP', term, escapeRoff(meaning) || '\\&']

const bold = (text: string): string => `\\fB${escapeRoff(text)}\\fR`
const italic = (text: string): string => `\\fI${escapeRoff(text.replaceAll(/[<>]/g, ''))}\\fR`

const section = (heading: string, lines: readonly string[]): string[] => [
  `.SH ${heading.includes(' ') ? `"${heading}"` : heading}`,
  ...lines,
]

const title = (name: string, version: string): string =>
  `.\\" Generated by src/tools/man.ts. Do not edit: npm run generate.\n.TH ${escapeRoff(name.toUpperCase())} 1 "" "cachectl ${version}" ""\n.ad l\n.nh`

const page = (lines: readonly string[]): string => `${lines.join('\n')}\n`
