/** What `cachectl discover` prints while it asks, in each of its forms. */

import type { Difference } from '../../../discovery/differences.ts'
import type { Printer } from '../../forms.ts'
import { changeLines, eventLines, lagLines, roundText } from '../../output/discovery.ts'
import type { Style } from '../../output/style.ts'
import { forPeople, printLine } from '../../terminal.ts'
import type { Look } from './discover.ts'
import type { RoundsPrinter } from './discover-rounds.ts'

/** `quiet`: the rounds on the way to a wish are not shown, only the last. */
export function discoverPrinter(print: Printer<'events'>, { quiet }: { quiet: boolean }): RoundsPrinter<Look> {
  if (print.form === 'events') return eventPrinter()
  const isRead = print.form === 'readable'
  const show = ({ events, ...look }: Look, first: boolean): Promise<void> => {
    const { round, ...rest } = look
    return print.item({ ...round, ...rest }, (_, style) => lookText(forPeople({ ...look, events }), first, style), {
      events: () => '',
    })
  }
  let before: string | undefined
  return {
    async look(look) {
      if (quiet) return
      const seen = JSON.stringify([look.verdict, look.differences, look.groups])
      if (seen !== before) await show(look, before === undefined)
      else if (isRead) for (const line of eventLines(forPeople(look))) printLine(line)
      before = seen
    },
    async end(last) {
      if (quiet) await show(last, true)
      if (isRead && last.round.number > 1) for (const line of lagLines(forPeople(last.lags))) printLine(line)
    },
  }
}

const lookText = (look: Look, first: boolean, style: Style): string =>
  [...(first ? [] : [...changeLines(look.round), ...eventLines(look)]), roundText(look, style)].join('\n')

/** One line of JSON for each thing that happens; `type` says what. */
function eventPrinter(): RoundsPrinter<Look> {
  const event = (type: string, at: string, facts: object): void => printLine(JSON.stringify({ type, at, ...facts }))
  let odd = new Map<string, Difference>()
  let verdictBefore: string | undefined
  return {
    async look({ round, verdict, differences, groups, events, identity }) {
      const { at, number, seed, agreed, changes } = round
      const list = seed.ok ? { version: seed.version, nodes: seed.nodes } : { failure: seed }
      const nodes = round.perNode.map(({ node, asked, list: held, failure, ms }) => ({
        ...node,
        asked,
        ms,
        version: held?.version ?? null,
        ...(failure && { failure: { kind: failure.kind, detail: failure.detail } }),
      }))
      event('round', at, { number, agreed, ...list, perNode: nodes, groups })
      if (changes) event('change', at, changes)
      for (const { type, ...facts } of events) event(type, at, facts)
      const now = new Map(differences.map((each) => [JSON.stringify(each), each]))
      for (const [key, each] of now) if (!odd.has(key)) event('difference', at, each)
      for (const [key, { kind, who, against }] of odd) if (!now.has(key)) event('settled', at, { kind, who, against })
      odd = now
      if (identity && verdictBefore === undefined) event('identity', at, identity)
      const said = JSON.stringify(verdict)
      if (said !== verdictBefore) event('verdict', at, verdict)
      verdictBefore = said
    },
    async end({ round: { at, number }, lags, verdict: { converged } }) {
      if (number > 1) for (const lag of lags) event('lag', at, lag)
      event('end', at, { rounds: number, converged })
    },
  }
}
