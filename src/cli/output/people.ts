/** The readable view on the terminal at hand: its width, its colours, its pager. */
import type { OperationName } from '../../api/model.ts'
import { visibleIn } from '../../api/visible.ts'
import { systemClock } from '../../net/clock.ts'
import { environment } from '../environment.ts'
import type { GlobalOptions } from '../global-flags.ts'
import { printPaged } from '../live/pager.ts'
import { columns, stdoutIsTerminal, tell } from '../terminal.ts'
import { charactersOf } from './characters.ts'
import { type Style, styleOf, wantsColour } from './style.ts'

/** Says so where an operation answers nothing. */
export async function printForPeople(
  name: OperationName,
  input: object,
  answer: object,
  flags: GlobalOptions,
): Promise<undefined> {
  // Tables are loaded where one is shown.
  const { humanText } = await import('./human.ts')
  const text = await humanText(name, input, visibleIn(answer), await styleHere(flags))
  if (text === '') tell('Done.')
  else await printPaged(text, flags['cli-pager'] !== false, environment)
}

/** A pipe has no width: what reads it cuts for itself. */
export function styleHere({ color }: Pick<GlobalOptions, 'color'>): Promise<Style> {
  const terminal = stdoutIsTerminal()
  const width = terminal ? columns() : Number.POSITIVE_INFINITY
  return styleOf(wantsColour(color, environment, terminal), width, systemClock.now(), charactersOf(environment))
}
