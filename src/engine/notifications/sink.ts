import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { eventText, notificationOf } from '../../api/catalog/events.ts'
import { resources } from '../../api/catalog/resources.ts'
import type { SnsNotification } from '../../api/notifications.ts'
import { errorMessage } from '../../api/thrown.ts'
import type { JsonLines } from '../store/json-lines.ts'
import type { EventRecord, NotificationTopic } from '../store/records.ts'
import { groupOfMember } from '../store/replication-groups.ts'
import type { Store } from '../store/store.ts'

// SNS's own: three retries without delay, before those that wait.
const ATTEMPTS = 4
const TIMEOUT_MS = 5_000

/** Marks an event with the topic it goes to: that of its cluster or group, when it has one, it is active and SNS is told of such. */
export function addressEvent(event: EventRecord, store: Store): EventRecord {
  const topic = topicOf(event, store)
  if (event.sourceType === 'alarm' || topic?.status !== 'active') return event
  return notificationOf(event.event, event.sourceIdentifier) ? { ...event, topicArn: topic.arn } : event
}

function topicOf(
  { region, sourceType, sourceIdentifier: id }: EventRecord,
  store: Store,
): NotificationTopic | undefined {
  if (sourceType === resources.replicationGroup.sourceType)
    return store.get('replicationGroup', region, id)?.notificationTopic
  if (sourceType !== resources.cluster.sourceType) return undefined
  return (store.get('cluster', region, id) ?? groupOfMember(store, region, id))?.notificationTopic
}

/**
 * Delivers events that have a topic: a line in a file, and a POST to the webhook as SNS would make it. Each event is
 * delivered to the file once, also over a crash: its number stands in the line.
 */
export class NotificationSink {
  readonly #lines: JsonLines
  readonly #store: Store
  readonly #log: (line: string) => void

  constructor(lines: JsonLines, store: Store, log: (line: string) => void) {
    this.#lines = lines
    this.#store = store
    this.#log = log
  }

  /** Delivers what was committed when the engine last ended, and not delivered. */
  catchUp(): void {
    const last = (this.#lines.last() as SnsNotification | undefined)?.SequenceNumber // deliver() writes nothing else
    for (const [number, event] of this.#store.eventsAfter(Number(last ?? -1))) this.deliver(number, event)
  }

  deliver(number: number, event: EventRecord): void {
    const notification = composeNotification(number, event)
    if (!notification) return
    try {
      this.#lines.append(notification)
    } catch (error) {
      this.#log(`notification ${notification.MessageId} cannot be written: ${errorMessage(error)}`)
    }
    const webhook = this.#store.get('webhook', 'engine', 'notifications')?.url
    if (webhook) void this.#post(webhook, notification)
  }

  async #post(url: string, notification: SnsNotification): Promise<void> {
    let problem = ''
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const outcome = await post(url, notification)
      if (typeof outcome === 'number' && outcome < 300) return
      problem = typeof outcome === 'number' ? `status ${outcome}` : outcome
      // A client error is final (SNS, "Message delivery retries"), other than that of too many requests.
      if (typeof outcome === 'number' && outcome < 500 && outcome !== 429) break
    }
    this.#log(`notification ${notification.MessageId} was not taken by ${url}: ${problem}`)
  }
}

function composeNotification(number: number, event: EventRecord): SnsNotification | undefined {
  if (!event.topicArn) return undefined
  const head = {
    Type: 'Notification',
    MessageId: randomUUID(),
    SequenceNumber: String(number),
    TopicArn: event.topicArn,
  } as const
  const Timestamp = new Date(event.date).toISOString()
  if (event.sourceType === 'alarm') {
    return { ...head, Subject: event.subject, Message: event.message, Timestamp, MessageAttributes: {} }
  }
  const notification = notificationOf(event.event, event.sourceIdentifier)
  if (!notification) return undefined
  return {
    ...head,
    Subject: 'ElastiCache Notification Message',
    Message: notification.message,
    Timestamp,
    MessageAttributes: {
      event: { Type: 'String', Value: notification.name },
      description: { Type: 'String', Value: eventText(event.event) },
      source: { Type: 'String', Value: event.sourceIdentifier },
    },
  }
}

/** The status of the answer, or what went wrong instead. */
function post(url: string, notification: SnsNotification): Promise<number | string> {
  const body = JSON.stringify(notification)
  return new Promise((resolve) => {
    const sent = request(url, {
      method: 'POST',
      timeout: TIMEOUT_MS,
      headers: {
        'content-type': 'text/plain; charset=UTF-8',
        'content-length': Buffer.byteLength(body),
        'x-amz-sns-message-type': notification.Type,
        'x-amz-sns-message-id': notification.MessageId,
        'x-amz-sns-topic-arn': notification.TopicArn,
        'user-agent': 'Amazon Simple Notification Service Agent',
      },
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)))
    sent.on('error', (error) => resolve(error.message))
    sent.on('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.end(body)
  })
}
