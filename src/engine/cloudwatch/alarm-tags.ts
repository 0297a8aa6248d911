/** Tags of alarms: the only resources of CloudWatch that there are here. */
import { Fault } from '../../api/faults.ts'
import { alarmArn } from '../alarms/view.ts'
import { mergeTags, readTags as readEach } from '../calls/tag-rules.ts'
import type { AlarmRecord, Tag } from '../store/records.ts'
import type { TagsInput } from './alarm-model.ts'
import { refuseMissing, refuseOutOfBounds } from './alarm-rules.ts'
import type { CloudWatchContext } from './lookup.ts'

export function ListTagsForResource(input: TagsInput, context: CloudWatchContext): object {
  return { Tags: resource(input, context).tags }
}

export function TagResource(input: TagsInput, context: CloudWatchContext): object {
  const alarm = resource(input, context)
  refuseMissing({ Tags: input.Tags })
  put({ ...alarm, tags: merged(alarm.tags, readEach(input.Tags)) }, context)
  return {}
}

export function UntagResource(input: TagsInput, context: CloudWatchContext): object {
  const alarm = resource(input, context)
  refuseMissing({ TagKeys: input.TagKeys })
  put({ ...alarm, tags: alarm.tags.filter(({ Key }) => !input.TagKeys?.includes(Key)) }, context)
  return {}
}

/** Tags that an alarm is made with. */
export const readTags = (tags: TagsInput['Tags']): Tag[] => merged([], readEach(tags))

/** The code of too many is ElastiCache's; CloudWatch has none of its own. */
function merged(present: readonly Tag[], added: readonly Tag[]): Tag[] {
  try {
    return mergeTags(present, added)
  } catch (error) {
    throw error instanceof Fault ? new Fault('InvalidParameterValue', error.message) : error
  }
}

function resource(input: TagsInput, { store, region, account }: CloudWatchContext): AlarmRecord {
  const { ResourceARN = '' } = input
  refuseMissing({ ResourceARN: input.ResourceARN })
  refuseOutOfBounds(input)
  const name = ResourceARN.startsWith(alarmArn('', region, account)) ? ResourceARN.split(':').slice(6).join(':') : ''
  const alarm = store.get('alarm', region, name)
  if (alarm) return alarm
  throw new Fault('ResourceNotFoundException', `The resource ${ResourceARN} does not exist.`)
}

function put(alarm: AlarmRecord, { store }: CloudWatchContext): void {
  store.change((change) => change.put('alarm', alarm))
}
