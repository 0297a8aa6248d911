/** What has happened to a resource, for a user asking why it did not get where it should. */

import { errorMessage } from '../../api/thrown.ts'
import { absoluteTime } from '../output/relative-time.ts'
import { CallFailed, Problem } from '../problem.ts'
import type { ApiClient } from '../target/client.ts'
import { stderrIsTerminal } from '../terminal.ts'
import { unaskedText } from './refusals.ts'

const LATEST = 8
const LOOK_BACK_MINUTES = 24 * 60

/** On a terminal: says each new event of a resource once, whenever it is asked to look, and why it can't. */
export function eventFollower(client: ApiClient, id: string, say: (line: string) => void): () => void {
  if (!stderrIsTerminal()) return () => {}
  let said: Set<string> | undefined
  let looking = false
  return () => {
    if (looking) return
    looking = true
    linesOf(client, id)
      .then((lines) => {
        // What was there before the wait began is not news.
        for (const line of said ? lines : []) if (!said?.has(line)) say(line)
        said = new Set(lines)
      })
      .catch((error: unknown) => {
        const [line, known] = [unaskedLine(error), said ?? new Set<string>()]
        if (!known.has(line)) say(line)
        said = known.add(line)
      })
      .finally(() => {
        looking = false
      })
  }
}

/** A wait that has failed, with what has happened to the resource, and what more there is to say. */
export async function withEvents(problem: Problem, client: ApiClient, id: string, more?: string): Promise<Problem> {
  const told = [problem.hint, await eventsText(client, id), more].filter(Boolean)
  return new Problem(problem.kind, problem.message, told.length > 0 ? told.join('\n') : undefined)
}

/** The latest events of a resource, oldest first, a line each; or why they can't be had; undefined when there are none. */
async function eventsText(client: ApiClient, id: string): Promise<string | undefined> {
  try {
    const lines = await linesOf(client, id)
    return lines.length > 0 ? `What has happened to ${id}:\n${lines.join('\n')}` : undefined
  } catch (error) {
    if (error instanceof CallFailed) return unaskedText(error)
    throw error
  }
}

const unaskedLine = (error: unknown): string => (error instanceof CallFailed ? unaskedText(error) : errorMessage(error))

async function linesOf(client: ApiClient, id: string): Promise<string[]> {
  const { Events = [] } = await client.call('DescribeEvents', { Duration: LOOK_BACK_MINUTES })
  return Events.filter(({ SourceIdentifier }) => SourceIdentifier === id)
    .map(({ Date: at, Message }) => ({ at: at?.getTime() ?? 0, Message }))
    .sort((a, b) => a.at - b.at)
    .slice(-LATEST)
    .map(({ at, Message }) => `  ${absoluteTime(new Date(at))}  ${Message}`)
}
