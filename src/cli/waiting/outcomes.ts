/** Changes whose end no state tells: an event does. */
import { resources } from '../../api/catalog/resources.ts'
import type { OperationName } from '../../api/model.ts'
import { CallFailed } from '../problem.ts'
import type { ApiClient } from '../target/client.ts'
import { changedMember, type Outcome, waits } from './operation-waits.ts'

/** What an event said: it is done, or why it has failed. */
export type Told = { readonly done: true } | { readonly failure: string }

const LOOK_BACK_MINUTES = 60

/**
 * Looks for the event that tells how the change that `name` starts has ended. To be called before the change: what has been
 * told by then is of others. Undefined: its state tells.
 */
export async function outcomeOf(
  client: ApiClient,
  name: OperationName,
  input: object,
): Promise<OutcomeWatch | undefined> {
  const change = waits[name]
  if (!change?.told) return undefined
  const { told } = change
  const id = String(Reflect.get(input, changedMember(change, input)) ?? '').toLowerCase()
  const known = new Set((await eventsOf(client, id)).map(({ key }) => key))
  return {
    decides: told.done !== undefined && (client.target.kind === 'local' || told.isKnownOnAws === true),
    async look() {
      const news = (await eventsOf(client, id)).filter(({ key }) => !known.has(key))
      return judge(
        told,
        news.map(({ message }) => message),
      )
    },
  }
}

export interface OutcomeWatch {
  /** Whether it is done only when an event says so. */
  readonly decides: boolean
  look(): Promise<Told | undefined>
}

/** The first that tells. */
function judge({ done, failed }: Outcome, messages: readonly string[]): Told | undefined {
  for (const message of messages) {
    if (failed.test(message)) return { failure: message }
    if (done?.test(message)) return { done: true }
  }
  return undefined
}

/** The oldest first; none when the caller may not ask for them. */
async function eventsOf(client: ApiClient, id: string) {
  try {
    const about = { SourceIdentifier: id, SourceType: resources.replicationGroup.sourceType }
    const { Events = [] } = await client.call('DescribeEvents', { ...about, Duration: LOOK_BACK_MINUTES })
    return Events.map(({ Date: at, Message: message = '' }) => ({ at: at?.getTime() ?? 0, message }))
      .sort((a, b) => a.at - b.at)
      .map(({ at, message }) => ({ message, key: `${at} ${message}` }))
  } catch (error) {
    if (error instanceof CallFailed) return []
    throw error
  }
}
