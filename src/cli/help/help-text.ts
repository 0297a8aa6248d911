/** Documentation set as plain text of 80 columns. Pure. */
import { globalFlags } from '../global-flags.ts'
import { type Chapter, type CommandDoc, type Documented, documentationOf, type OptionDoc } from './command-doc.ts'

const WIDTH = 80
/** Where meanings begin: as far left as the terms of a section allow, at most here. */
const WIDEST_COLUMN = 34

export function rootPage(chapters: readonly Chapter[], find: (id: string) => Documented): string {
  const own = chapters.filter(({ ofApi }) => !ofApi)
  const sections = own.map(({ title, ids }) => section(title.toUpperCase(), definitions(foldedTopics(ids, find))))
  const operations = chapters.filter(({ ofApi }) => ofApi)
  return page([
    'aws elasticache, with a cache behind it.',
    section('USAGE', ['  cachectl <command> [options]', '  cachectl <command> --help']),
    ...sections,
    section(
      'OPERATIONS OF AWS ELASTICACHE, WITH THE OPTIONS OF AWS-CLI',
      definitions(operations.map(({ title, ids }) => [title, `${ids[0]} and ${ids.length - 1} more`])),
    ),
    section('MORE', definitions(MORE)),
    section(
      'WHERE IT GOES',
      definitions([
        ['--target <target>', 'local (default): the engine of `cachectl engine start`; or aws'],
        ['--endpoint-url <url>', 'any other endpoint that speaks the ElastiCache API'],
        ['--region, --profile', 'as in aws-cli, before or after the command'],
      ]),
    ),
    section('EXIT CODES', [
      '  0 done; 252 usage; 253 configuration (also: no engine is running);',
      '  254 the service answered with an error; 255 anything else; 130 Ctrl-C',
    ]),
  ])
}

const MORE = [
  ['cachectl help commands', 'every command with what it does'],
  ['cachectl help global-options', 'the options that all commands have'],
] as const

/** A line for a command, and one for all of a topic: their names. */
function foldedTopics(ids: readonly string[], find: (id: string) => Documented): Row[] {
  const topics = new Map<string, string[]>()
  for (const id of ids) {
    const [topic = '', name] = id.split(':')
    topics.set(topic, [...(topics.get(topic) ?? []), ...(name === undefined ? [] : [name])])
  }
  return [...topics].flatMap(([topic, names]) => {
    const own: Row[] = ids.includes(topic) ? [[topic, find(topic).summary ?? '']] : []
    return names.length === 0 ? own : [...own, [`${topic} ...`, [...new Set(names)].join(', ')]]
  })
}

/** Every command, operations too. */
export const allPage = (chapters: readonly Chapter[], find: (id: string) => Documented): string =>
  page(
    chapters.map(({ title, ids }) =>
      section(title.toUpperCase(), summaryLines(ids.map((id) => documentationOf(find(id))))),
    ),
  )

const GLOBAL = documentationOf({ id: '', flags: globalFlags }).options

/** The options that pages of commands only name. */
export const globalPage = (): string =>
  page([
    'Options of every command that talks to the API, before or after its name.',
    section('GLOBAL OPTIONS', optionLines(GLOBAL)),
  ])

/** What a page would only repeat. */
const isFolded = ({ spelling, meaning }: OptionDoc): boolean =>
  GLOBAL.some((each) => each.spelling === spelling && each.meaning === meaning)

/** One is as short as where it is told. */
const LEAST_FOLDED = 2

export function topicPage(topic: string, commands: readonly Documented[]): string {
  return page([
    section('USAGE', [`  cachectl ${topic} <command> [options]`]),
    section('COMMANDS', summaryLines(commands.map(documentationOf))),
  ])
}

export function commandPage(command: Documented): string {
  const doc = documentationOf(command)
  const repeated = doc.options.filter(isFolded)
  const folded = repeated.length < LEAST_FOLDED ? [] : repeated
  const options = doc.options.filter((option) => !folded.includes(option))
  const headings = [...new Set(options.map(({ group }) => group))]
  return page([
    wrap(`${doc.name}: ${doc.summary}`, WIDTH).join('\n'),
    section('USAGE', [usage(doc)]),
    ...(doc.description ? [section('DESCRIPTION', paragraphs(doc.description))] : []),
    ...(doc.words.length > 0
      ? [section('ARGUMENTS', definitions(doc.words.map(({ name, meaning }) => [name, meaning])))]
      : []),
    ...(doc.kinds.length > 0
      ? [
          section(`${command.kinds?.of.toUpperCase()}S`, [
            ...definitions(doc.kinds.map(({ name, summary }) => [name, summary])),
            '',
            ...wrap(`Each with its options: cachectl ${doc.name} <${command.kinds?.of}> --help`, WIDTH - 2).map(
              (line) => `  ${line}`,
            ),
          ]),
        ]
      : []),
    ...headings.map((group) => section(group, optionLines(options.filter((each) => each.group === group)))),
    ...(folded.length > 0
      ? [
          section('GLOBAL OPTIONS (cachectl help global-options)', [
            ...wrap(folded.map(({ spelling }) => spelling).join(' '), WIDTH - 2).map((line) => `  ${line}`),
          ]),
        ]
      : []),
    ...(doc.examples.length > 0 ? [section('EXAMPLES', doc.examples.flatMap(exampleLines))] : []),
  ])
}

/** Indented, with the empty lines between paragraphs that the text has. */
const paragraphs = (text: string): string[] =>
  text
    .split('\n\n')
    .flatMap((paragraph, at) => [...(at === 0 ? [] : ['']), ...wrap(paragraph, WIDTH - 2).map((line) => `  ${line}`)])

/** The command with what it needs: required options and words, the rest as `[options]`. */
function usage({ name, words, options }: CommandDoc): string {
  const required = options.filter((option) => option.required).map(({ spelling, value }) => `${spelling} ${value}`)
  const places = words.map((word) => (word.required ? word.name : `[${word.name}]`))
  const rest = options.some((option) => !option.required) ? ['[options]'] : []
  return wrap(`cachectl ${[name, ...places, ...required, ...rest].join(' ')}`, WIDTH - 6)
    .map((line, index) => (index === 0 ? `  ${line}` : `      ${line}`))
    .join('\n')
}

/** An example as a person types it; one that starts with a command of ours gets the program's name. */
export const spoken = (example: string): string => (FOREIGN.test(example) ? example : `cachectl ${example}`)

const FOREIGN = /^(?:eval |\w+=)/

function exampleLines(example: string): string[] {
  const [first = '', ...more] = spoken(example).split(/ (?=--)/)
  const lines = [`  $ ${first}`]
  for (const option of more) {
    const last = lines.at(-1) ?? ''
    if (last.length + option.length + 3 <= WIDTH) lines[lines.length - 1] = `${last} ${option}`
    else {
      lines[lines.length - 1] = `${last} \\`
      lines.push(`      ${option}`)
    }
  }
  return lines
}

const optionLines = (options: readonly OptionDoc[]): string[] =>
  definitions(
    options.map(({ spelling, value, meaning, required }) => [
      `${spelling} ${value}`.trimEnd(),
      `${required ? '(required) ' : ''}${meaning}`,
    ]),
  )

const summaryLines = (docs: readonly CommandDoc[]): string[] =>
  definitions(docs.map(({ name, summary }) => [name, summary]))

type Row = readonly [term: string, meaning: string]

/** Terms and what they mean, side by side where a term leaves room for it. */
function definitions(pairs: readonly Row[]): string[] {
  const column = Math.min(WIDEST_COLUMN, Math.max(...pairs.map(([term]) => term.length)) + 4)
  return pairs.flatMap(([term, meaning]) => {
    const lines = wrap(meaning, WIDTH - column)
    const indented = lines.map((line) => ' '.repeat(column) + line)
    const head = `  ${term}`
    if (meaning === '') return [head]
    if (head.length > column - 2) return [head, ...indented]
    return [head.padEnd(column) + (lines[0] ?? ''), ...indented.slice(1)]
  })
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

const section = (title: string, lines: readonly string[]): string => [title, ...lines].join('\n')

const page = (parts: readonly string[]): string => `${parts.join('\n\n')}\n`
