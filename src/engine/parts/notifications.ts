import { LIMITS } from '../../api/catalog/limits.ts'
import { addressEvent, NotificationSink } from '../notifications/sink.ts'
import { JsonLines } from '../store/json-lines.ts'
import type { Start } from './start.ts'
import type { State } from './state.ts'

/** Bytes of each of the two files. */
const BYTES = 5_000_000

/** From now on events are told to their topics. Answers what has been told. */
export function openNotifications({ store, clock, files }: State, { log }: Start): JsonLines {
  const lines = new JsonLines(files.notifications, BYTES)
  const sink = new NotificationSink(lines, store, log)
  store.onEvents(
    (event) => addressEvent(event, store),
    (number, event) => sink.deliver(number, event),
  )
  sink.catchUp()
  // After catching up: an event past its time may be one that its topic has yet to be told of.
  store.forgetEvents(clock.now() - LIMITS.eventRetentionMinutes * 60_000)
  return lines
}
