import type { EventRecord, SourceType } from '../store/records.ts'
import type { Context } from './context.ts'

/** An event of a group. The guide says that groups have events; AWS's words for them are not known, so these are ours. */
export const groupEvent = (
  sourceType: SourceType,
  { region, id: sourceIdentifier }: { readonly region: string; readonly id: string },
  message: string,
  { now: date }: Context,
): EventRecord => ({ region, sourceType, sourceIdentifier, message, date })
