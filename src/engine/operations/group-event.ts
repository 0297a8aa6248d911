import type { EventFacts } from '../../api/catalog/events.ts'
import type { Context } from '../calls/context.ts'
import type { EventRecord, SourceType } from '../store/records.ts'

/** An event of a group. */
export const groupEvent = (
  sourceType: SourceType,
  { region, id: sourceIdentifier }: { readonly region: string; readonly id: string },
  event: EventFacts,
  { now: date }: Context,
): EventRecord => ({ region, sourceType, sourceIdentifier, event, date })
