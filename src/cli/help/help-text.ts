/** Documentation set as plain text, for a width. Pure. */
import { globalFlags } from '../global-flags.ts'
import { USUAL_COLUMNS } from '../terminal.ts'
import { type Chapter, type CommandDoc, type Documented, documentationOf, type OptionDoc } from './command-doc.ts'

/** Below that, terms and commands would be broken. */
const LEAST_WIDTH = 40
/** Where meanings begin: as far left as the terms of a section allow, at most here, or in the middle of a narrow page. */
const WIDEST_COLUMN = 34
/** Where a meaning begins that has a word which would go over the edge. */
const LEAST_COLUMN = 6

const GLOBAL = documentationOf({ id: '', flags: globalFlags }).options

const MORE = [
  ['cachectl help commands', 'every command with what it does'],
  ['cachectl help global-options', 'the options that all commands have'],
] as const

const PLACES: readonly Row[] = [
  ['--target <target>', 'local (default): the engine of `cachectl engine start`; or aws'],
  ['--endpoint-url <url>', 'any other endpoint that speaks the ElastiCache API'],
  ['--region, --profile', 'as in aws-cli, before or after the command'],
]

const EXIT_CODES = [
  '0 done; 252 usage; 253 configuration (also: no engine is running);',
  '254 the service answered with an error; 255 anything else; 130 Ctrl-C',
]

/** What a page would only repeat. */
const isFolded = ({ spelling, meaning }: OptionDoc): boolean =>
  GLOBAL.some((each) => each.spelling === spelling && each.meaning === meaning)

/** One is as short as where it is told. */
const LEAST_FOLDED = 2

/** An example as a person types it; one that starts with a command of ours gets the program's name. */
export const spoken = (example: string): string => (FOREIGN.test(example) ? example : `cachectl ${example}`)

const FOREIGN = /^(?:eval |\w+=)/

type Row = readonly [term: string, meaning: string]

/** Sets pages for screens of so many columns, of which it takes {@link USUAL_COLUMNS} at most: longer lines are no easier to read. */
export class Typesetter {
  readonly #width: number

  constructor(columns: number) {
    this.#width = Math.max(LEAST_WIDTH, Math.min(USUAL_COLUMNS, columns))
  }

  rootPage(chapters: readonly Chapter[], find: (id: string) => Documented): string {
    const own = chapters.filter(({ ofApi }) => !ofApi)
    const operations = chapters.filter(({ ofApi }) => ofApi)
    return page([
      'aws elasticache, with a cache behind it.',
      this.#section('USAGE', ['  cachectl <command> [options]', '  cachectl <command> --help']),
      ...own.map(({ title, ids }) => this.#section(title.toUpperCase(), this.#definitions(foldedTopics(ids, find)))),
      this.#section(
        'OPERATIONS OF AWS ELASTICACHE, WITH THE OPTIONS OF AWS-CLI',
        this.#definitions(operations.map(({ title, ids }) => [title, `${ids[0]} and ${ids.length - 1} more`])),
      ),
      this.#section('MORE', this.#definitions(MORE)),
      this.#section('WHERE IT GOES', this.#definitions(PLACES)),
      this.#section(
        'EXIT CODES',
        EXIT_CODES.flatMap((each) => this.#indented(each)),
      ),
    ])
  }

  /** Every command, operations too. */
  allPage(chapters: readonly Chapter[], find: (id: string) => Documented): string {
    return page(
      chapters.map(({ title, ids }) =>
        this.#section(title.toUpperCase(), this.#summaries(ids.map((id) => documentationOf(find(id))))),
      ),
    )
  }

  /** The options that pages of commands only name. */
  globalPage(): string {
    return page([
      this.#lines('Options of every command that talks to the API, before or after its name.'),
      this.#section('GLOBAL OPTIONS', this.#options(GLOBAL)),
    ])
  }

  topicPage(topic: string, commands: readonly Documented[]): string {
    return page([
      this.#section('USAGE', [`  cachectl ${topic} <command> [options]`]),
      this.#section('COMMANDS', this.#summaries(commands.map(documentationOf))),
    ])
  }

  commandPage(command: Documented): string {
    const doc = documentationOf(command)
    const repeated = doc.options.filter(isFolded)
    const folded = repeated.length < LEAST_FOLDED ? [] : repeated
    const options = doc.options.filter((option) => !folded.includes(option))
    const headings = [...new Set(options.map(({ group }) => group))]
    const { of: kind = '' } = command.kinds ?? {}
    return page([
      this.#lines(`${doc.name}: ${doc.summary}`),
      this.#section('USAGE', this.#usage(doc)),
      ...(doc.description ? [this.#section('DESCRIPTION', this.#paragraphs(doc.description))] : []),
      ...(doc.words.length > 0
        ? [this.#section('ARGUMENTS', this.#definitions(doc.words.map(({ name, meaning }) => [name, meaning])))]
        : []),
      ...(doc.kinds.length > 0
        ? [
            this.#section(`${kind.toUpperCase()}S`, [
              ...this.#definitions(doc.kinds.map(({ name, summary }) => [name, summary])),
              '',
              ...this.#indented(`Each with its options: cachectl ${doc.name} <${kind}> --help`),
            ]),
          ]
        : []),
      ...headings.map((group) => this.#section(group, this.#options(options.filter((each) => each.group === group)))),
      ...(folded.length > 0
        ? [
            this.#section(
              'GLOBAL OPTIONS (cachectl help global-options)',
              this.#indented(folded.map(({ spelling }) => spelling).join(' ')),
            ),
          ]
        : []),
      ...(doc.examples.length > 0
        ? [
            this.#section(
              'EXAMPLES',
              doc.examples.flatMap((example) => this.#example(example)),
            ),
          ]
        : []),
    ])
  }

  #section(title: string, lines: readonly string[]): string {
    return [this.#lines(title), ...lines].join('\n')
  }

  #lines(text: string): string {
    return wrap(text, this.#width).join('\n')
  }

  #indented(text: string): string[] {
    return wrap(text, this.#width - 2).map((line) => `  ${line}`)
  }

  /** Indented, with the empty lines between paragraphs that the text has. */
  #paragraphs(text: string): string[] {
    return text.split('\n\n').flatMap((paragraph, at) => [...(at === 0 ? [] : ['']), ...this.#indented(paragraph)])
  }

  /** The command with what it needs: required options and words, the rest as `[options]`. */
  #usage({ name, words, options }: CommandDoc): string[] {
    const required = options.filter((option) => option.required).map(({ spelling, value }) => `${spelling} ${value}`)
    const places = words.map((word) => (word.required ? word.name : `[${word.name}]`))
    const rest = options.some((option) => !option.required) ? ['[options]'] : []
    return wrap(`cachectl ${[name, ...places, ...required, ...rest].join(' ')}`, this.#width - 6).map((line, index) =>
      index === 0 ? `  ${line}` : `      ${line}`,
    )
  }

  #example(example: string): string[] {
    const [first = '', ...more] = spoken(example).split(/ (?=--)/)
    const lines = [`  $ ${first}`]
    for (const option of more) {
      const last = lines.at(-1) ?? ''
      if (last.length + option.length + 3 <= this.#width) lines[lines.length - 1] = `${last} ${option}`
      else {
        lines[lines.length - 1] = `${last} \\`
        lines.push(`      ${option}`)
      }
    }
    return lines
  }

  #options(options: readonly OptionDoc[]): string[] {
    return this.#definitions(
      options.map(({ spelling, value, meaning, required }) => [
        `${spelling} ${value}`.trimEnd(),
        `${required ? '(required) ' : ''}${meaning}`,
      ]),
    )
  }

  #summaries(docs: readonly CommandDoc[]): string[] {
    return this.#definitions(docs.map(({ name, summary }) => [name, summary]))
  }

  /** Terms and what they mean, side by side where a term leaves room for it. */
  #definitions(pairs: readonly Row[]): string[] {
    const widest = Math.min(WIDEST_COLUMN, this.#width >> 1)
    const usual = Math.min(widest, Math.max(...pairs.map(([term]) => term.length)) + 4)
    return pairs.flatMap(([term, meaning]) => {
      const column = usual + longestWord(meaning) <= this.#width ? usual : LEAST_COLUMN
      const lines = wrap(meaning, this.#width - column)
      const indented = lines.map((line) => ' '.repeat(column) + line)
      const head = `  ${term}`
      if (meaning === '') return [head]
      if (head.length > column - 2) return [head, ...indented]
      return [head.padEnd(column) + (lines[0] ?? ''), ...indented.slice(1)]
    })
  }
}

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

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

const longestWord = (text: string): number => Math.max(...text.split(' ').map(({ length }) => length))

const page = (parts: readonly string[]): string => `${parts.join('\n\n')}\n`
