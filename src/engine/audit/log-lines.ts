/** The engine's log: one line an event, for people or for programs. */
import type { LogFormat } from '../../api/local-engine.ts'
import { visible } from '../../api/visible.ts'

type Facts = Readonly<Record<string, string | number>> & object

/** Members of a line that have no name among people: they are said in this order, then the message. */
const WORDS: Readonly<Record<LogFormat, (time: string, facts: Facts) => string>> = {
  // Read on terminals, with what callers and nodes have said in it.
  text: (time, { message, requestId: _, ...facts }) =>
    [time, ...Object.values(facts), ...(message === undefined ? [] : [message])].map(String).map(visible).join(' '),
  json: (time, facts) => JSON.stringify({ time, ...facts }),
}

/** What writes lines of facts in a form. */
export const logOf = (format: LogFormat, out: (text: string) => void, now = () => new Date()) => ({
  write: (facts: object) => out(`${WORDS[format](now().toISOString(), facts as Facts)}\n`), // of strings and numbers alone
})
