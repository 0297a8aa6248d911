/** What a command of our own answers, in the form that is asked for: one plain answer, and its readable form. */

import { environment } from './environment.ts'
import { choice, type Flags } from './flags.ts'
import { type GlobalOptions, globalFlags } from './global-flags.ts'
import { jsonText } from './output/json.ts'
import { styleHere } from './output/people.ts'
import { compileQuery } from './output/query.ts'
import type { Style } from './output/style.ts'
import { wantsColour } from './output/style.ts'
import { textLines } from './output/text.ts'
import { usageProblem } from './problem.ts'
import { columns, forPeople, print, printLine, stdoutIsTerminal } from './terminal.ts'

/** As aws-cli prints data. */
const COMMON = ['json', 'yaml', 'text', 'table'] as const
type CommonForm = (typeof COMMON)[number]

/** Forms in which a command prints its answers. */
export interface Forms<Own extends string> {
  /** Those that no other command has: `env`, `hosts`, `ids`. */
  readonly own?: readonly Own[]
  /** For programs, without --output: JSON where the output is no terminal. */
  readonly piped?: 'json'
  /** What help says of the forms besides. */
  readonly note?: string
}

/** Lines for people; '' prints nothing, undefined means that it has been printed. */
type Readable<T> = (answer: T, style: Style) => Shown | Promise<Shown>
type Shown = string | undefined

/** The command's own forms of an answer, by their names. */
type OwnForms<T, Own extends string> = [Own] extends [never]
  ? []
  : [own: Readonly<Record<Own, (answer: T) => Shown | Promise<Shown>>>]

export interface Printer<Own extends string = never> {
  readonly form: 'readable' | CommonForm | Own
  /** The whole answer. `readable` and own forms get it as it may stand on a terminal. */
  answer<T>(answer: T, readable: Readable<T>, ...own: OwnForms<T, Own>): Promise<void>
  /** One of many, which come one by one: JSON is a line. */
  item<T>(item: T, readable: Readable<T>, ...own: OwnForms<T, Own>): Promise<void>
}

/** The options of the forms, in the place where the command has them already. */
export function formFlags({ own = [], piped, note }: Forms<string>, flags: Flags = {}): Flags {
  const forms = [...COMMON, ...own]
  const names = `${forms.slice(0, -1).join(', ')} or ${forms.at(-1)}`
  const usual = piped === undefined ? 'by default a readable one' : 'a readable one on a terminal, else json'
  const summary = `form of the answer: ${names}; ${usual}${note === undefined ? '' : `; ${note}`}`
  const { query, color } = globalFlags
  return {
    output: choice(forms, { summary, helpValue: '<form>', helpGroup: 'GLOBAL' }),
    ...(flags.query ? {} : { query, color }),
  }
}

type Options = Pick<GlobalOptions, 'output' | 'query' | 'color'>

/** Refuses a broken --query. `title`: what stands above a table. */
export async function printerOf<Own extends string>(
  title: string,
  flags: Options,
  forms: Forms<Own> = {},
): Promise<Printer<Own>> {
  const form = formOf(flags, forms)
  const pick = await compileQuery(flags.query)
  const data = (answer: unknown): unknown => pick(plain(answer))
  const inForm = async <T>(answer: T, readable: Readable<T>, own: OwnForms<T, Own>): Promise<boolean> => {
    const write = form === 'readable' ? readable : own[0]?.[form as Own] // another form has no writer there
    if (!write) return false
    const shown = await write(forPeople(answer), await styleHere(flags))
    if (shown) printLine(shown)
    return true
  }
  const written = async (answer: unknown): Promise<string> => {
    if (form === 'text') return textLines(answer)
    if (form === 'yaml') return (await import('./output/yaml.ts')).yamlText(answer)
    if (form === 'json') return jsonText(answer)
    const { awsTable } = await import('./output/aws-table.ts')
    const colour = wantsColour(flags.color, environment, stdoutIsTerminal())
    return awsTable(title, forPeople(answer), { width: columns(), colour })
  }
  const oneOfMany = async <T>(item: T, readable: Readable<T>, own: OwnForms<T, Own>): Promise<void> => {
    if (await inForm(item, readable, own)) return
    const picked = data(item)
    if (form === 'json') printLine(JSON.stringify(picked))
    else if (form === 'yaml') print((await import('./output/yaml.ts')).yamlStreamItem(picked))
    else print(await written(picked))
  }
  let before: Promise<void> = Promise.resolve()
  return {
    form,
    async answer(answer, readable, ...own) {
      if (!(await inForm(answer, readable, own))) print(await written(data(answer)))
    },
    // In their order, though writers are loaded on the way.
    item: (item, readable, ...own) => (before = before.then(() => oneOfMany(item, readable, own))),
  }
}

function formOf<Own extends string>({ output, query }: Options, { own = [], piped }: Forms<Own>): Printer<Own>['form'] {
  const mine = own.find((each) => each === output)
  if (mine !== undefined && query !== undefined) {
    throw usageProblem(`argument --query: not allowed with --output ${mine}`, 'It picks from the answer as data.')
  }
  if (mine !== undefined) return mine
  const common = COMMON.find((each) => each === output)
  if (common) return common
  return query !== undefined || (piped !== undefined && !stdoutIsTerminal()) ? 'json' : 'readable'
}

/** As JSON has it: what --query picks from is what --output json shows. */
const plain = (answer: unknown): unknown =>
  answer === undefined
    ? null
    : JSON.parse(JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? String(value) : value)))
