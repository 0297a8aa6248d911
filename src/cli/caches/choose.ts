/** A name that is missing from a line, or that nothing has: what there is, offered on a terminal, and told elsewhere. */
import { meantAmong, thereIs } from '../../api/nearest.ts'
import type { GlobalOptions } from '../global-flags.ts'
import { prompt } from '../live/prompt.ts'
import { CallFailed, Problem, usageProblem } from '../problem.ts'
import { canAsk } from '../terminal.ts'
import { type Offer, offerOf } from './offers.ts'
import { isUnsupported, unaskedText } from './refusals.ts'

/** What is chosen. `missing`: how the line is refused without a terminal to ask on, with 252. `said`: the words before it. */
export async function choose(
  offer: Offer,
  flags: GlobalOptions,
  missing: string,
  said: readonly string[] = [],
): Promise<string> {
  const { called, list } = offerOf(offer)
  if (!canAsk()) throw usageProblem(missing, await whatThereIs(offer, flags, said))
  const found = await list(flags, said)
  if (found.length === 0) throw usageProblem(`No ${called} is named, and there is none to choose.`)
  const choices = found.map(({ name, is }) => ({ name: is === undefined ? name : `${name} (${is})`, value: name }))
  return String(await prompt({ type: 'select', message: `Which ${called}?`, choices }))
}

/** Only where that is known at once. What could not be asked for is told: it is not absent for that. */
async function whatThereIs(offer: Offer, flags: GlobalOptions, said: readonly string[]): Promise<string | undefined> {
  const { list, isNear } = offerOf(offer)
  try {
    if (isNear?.(flags) === false) return undefined
    const unasked: CallFailed[] = []
    const found = await list(flags, said, (error) => unasked.push(error))
    const told = unasked.filter((error) => !isUnsupported(error)).map(unaskedText)
    if (found.length > 0) told.unshift(thereIs(found.map(({ name }) => name)))
    return told.join('\n') || undefined
  } catch (error) {
    // Nothing could be asked at all: the line is refused all the same, and the next one is told of the engine.
    if (error instanceof CallFailed && error.serviceCode !== undefined) return unaskedText(error)
    if (error instanceof CallFailed || error instanceof Problem) return undefined
    throw error
  }
}

/** For `catch`: where nothing has that name, what was meant. `said`: the words before it. */
export const orMeant =
  (offer: Offer, name: string, flags: GlobalOptions, said: readonly string[] = []) =>
  async (error: unknown): Promise<never> => {
    if (!(error instanceof Problem) || error.kind !== 'absent' || error.hint !== undefined) throw error
    const names = (await offerOf(offer).list(flags, said)).map((each) => each.name)
    // Something else on the line is not there.
    if (names.includes(name) || !error.message.includes(name)) throw error
    throw new Problem('absent', error.message, meantAmong(name, names))
  }
