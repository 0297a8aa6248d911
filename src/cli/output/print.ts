/** Prints answers in the form that a program, or a person with --output, wants. */
import type { OperationName } from '../../api/model.ts'
import type { Part } from '../call/paginate.ts'
import { environment } from '../environment.ts'
import type { FlagValues } from '../parse.ts'
import type { AwsConfig } from '../target/aws-config.ts'
import { columns, forPeople, print, stdoutIsTerminal } from '../terminal.ts'
import { type Form, formOf, plainOutput } from './answer.ts'
import { jsonText } from './json.ts'
import { compileQuery, type Pick } from './query.ts'
import { wantsColour } from './style.ts'
import { textLines } from './text.ts'
import { timeTextOf } from './times.ts'

export interface Printer {
  readonly form: Form
  whole(answer: object): Promise<void>
  /** Pages put together: what says where to go on stands behind them, wherever the API has its own. */
  together(answer: Readonly<Record<string, unknown>>): Promise<void>
  /** For the forms that don't wait for the last page; false: this one does. */
  readonly pageByPage: boolean
  pages(parts: AsyncIterable<Part>): Promise<void>
}

/** Refuses bad values of `--output`, `--query` and `--color` before anything is sent. */
export async function answerPrinter(name: OperationName, flags: FlagValues, { settings }: AwsConfig): Promise<Printer> {
  const form = formOf(flags.output, environment.AWS_DEFAULT_OUTPUT || settings.output)
  const pick = await compileQuery(flags.query === undefined ? undefined : String(flags.query))
  const timeText = timeTextOf(settings.cli_timestamp_format)
  if (flags.color !== undefined) wantsColour(flags.color, environment, false)
  const show = (answer: object) => pick(plainOutput(name, answer, timeText))
  return {
    form,
    pageByPage: form === 'text' || form === 'yaml-stream',
    whole: async (answer) => print(await written(form, name, show(answer), flags)),
    async together({ NextToken, ...answer }) {
      const pages = plainOutput(name, answer, timeText)
      print(await written(form, name, pick(NextToken === undefined ? pages : { ...pages, NextToken }), flags))
    },
    async pages(parts) {
      for await (const { page, whole, nextToken } of parts) {
        if (form === 'yaml-stream') print(await written(form, name, show(whole), flags))
        else print(textLines(show(page)))
        if (form === 'text' && nextToken !== undefined) print(tokenLines(nextToken, pick))
      }
    },
  }
}

/** Not aws-cli's line `None`, or its error, where the query is not about the token: scripts take it for an item. */
function tokenLines(nextToken: string, pick: Pick): string {
  try {
    const picked = pick({ NextToken: { NextToken: nextToken } })
    return picked === null ? '' : textLines(picked)
  } catch {
    return ''
  }
}

async function written(form: Form, name: OperationName, answer: unknown, flags: FlagValues): Promise<string> {
  switch (form) {
    case 'json':
      return jsonText(answer)
    case 'text':
      return textLines(answer)
    case 'table': {
      const { awsTable } = await import('./aws-table.ts')
      const colour = wantsColour(flags.color, environment, stdoutIsTerminal())
      return awsTable(name, forPeople(answer), { width: columns(), colour })
    }
    case 'yaml':
      return (await import('./yaml.ts')).yamlText(answer)
    case 'yaml-stream':
      return (await import('./yaml.ts')).yamlStreamItem(answer)
    case 'off':
      return ''
  }
}
