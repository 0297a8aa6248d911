import { CONTROL, engineFiles } from '../../api/local-engine.ts'
import type { NotificationSettings, SnsNotification } from '../../api/notifications.ts'
import { BaseCommand } from '../base-command.ts'
import { control } from '../engine-control.ts'
import { text, toggle } from '../flags.ts'
import { untilInterrupted } from '../interrupt.ts'
import { follow, lastValues } from '../json-lines.ts'
import { usageProblem } from '../problem.ts'
import { countOf } from '../seconds.ts'
import { requireEngine } from '../state-dir.ts'
import { forPeople, printLine } from '../terminal.ts'
import { choiceOf, outputFlag, stateDirFlag, stateDirOf } from './engine-flags.ts'

const DEFAULT_LINES = '50'

export class EngineNotifications extends BaseCommand {
  static override summary = 'Show the notifications that clusters and alarms have sent to their SNS topics'
  static override description =
    'A cluster that has an active topic (--notification-topic-arn of create- and modify-cache-cluster) sends its events there, an alarm (aws cloudwatch put-metric-alarm) what becomes of it. The local engine keeps them in notifications.jsonl of the state directory, and POSTs them to a webhook on this machine if it is told of one. Messages have the shape in which SNS delivers over HTTP; they are not signed.'
  static override examples = [
    'engine notifications --follow',
    'engine notifications --webhook http://127.0.0.1:9000/sns',
    'engine notifications --no-webhook',
  ]
  static override flags = {
    follow: toggle({ summary: 'go on with those sent from now on, until Ctrl-C', char: 'f' }),
    lines: text({ summary: `how many to begin with (default ${DEFAULT_LINES})`, helpValue: '<number>', char: 'n' }),
    webhook: text({ summary: 'send each to this URL of 127.0.0.1 or ::1 from now on', helpValue: '<url>' }),
    'no-webhook': toggle({ summary: 'send none anywhere from now on' }),
    ...outputFlag,
    ...stateDirFlag,
  }

  async run(): Promise<void> {
    const { flags } = this.read()
    const stateDir = stateDirOf(flags)
    const json = choiceOf(flags, 'output', ['text', 'json'], 'text') === 'json'
    const webhook = flags['no-webhook'] === true ? null : (flags.webhook as string | undefined)
    if (webhook !== undefined) {
      if (webhook === null && flags.webhook) throw usageProblem('--webhook and --no-webhook exclude each other.')
      const settings = await control<NotificationSettings>(requireEngine(stateDir), 'POST', CONTROL.notifications, {
        webhook,
      })
      printLine(json ? JSON.stringify(settings, null, 4) : webhookLine(settings))
      return
    }
    const { notifications: path } = engineFiles(stateDir)
    const sent = lastValues<SnsNotification>(path, countOf('lines', (flags.lines as string) ?? DEFAULT_LINES, 1))
    if (flags.follow !== true) {
      if (json) printLine(JSON.stringify(sent, null, 4))
      else printLine(sent.length > 0 ? sent.map(line).join('\n') : 'No notifications.')
      return
    }
    // A list that never ends is a value a line.
    const show = (each: SnsNotification) => printLine(json ? JSON.stringify(each) : line(each))
    for (const each of sent) show(each)
    await untilInterrupted((signal) => follow(path, signal, show))
  }
}

const webhookLine = ({ webhook }: NotificationSettings): string =>
  webhook ? `Notifications are sent to ${webhook} as well.` : 'Notifications are sent to no webhook.'

/** What an alarm's message says is read before anything is changed in it for a terminal. */
function line(sent: SnsNotification): string {
  const shown = forPeople({ ...sent, reason: alarmReason(sent.Message) })
  const { Timestamp, TopicArn, Subject, Message, MessageAttributes, reason } = shown
  const text =
    reason === undefined
      ? `${Message}${explained(Message, MessageAttributes.description?.Value)}`
      : `${Subject}  (${reason})`
  return `${Timestamp}  ${TopicArn.split(':').at(-1)}  ${text}`
}

/** What an alarm sends is JSON; its subject tells what became of it, and this why. */
function alarmReason(message: string): string | undefined {
  if (!message.startsWith('{')) return undefined
  const { NewStateReason } = JSON.parse(message) as { NewStateReason?: string }
  return NewStateReason
}

const explained = (message: string, event = ''): string => (event && event !== message ? `  (${event})` : '')
