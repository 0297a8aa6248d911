import { CONTROL, engineFiles } from '../../../api/local-engine.ts'
import type { NotificationSettings, SnsNotification } from '../../../api/notifications.ts'
import { command } from '../../command.ts'
import { count } from '../../flag-kinds.ts'
import { text, toggle } from '../../flags.ts'
import { stateDirFlag } from '../../global-flags.ts'
import { follow, lastValues } from '../../json-lines.ts'
import { endLine, untilInterrupted } from '../../live/interrupt.ts'
import { usageProblem } from '../../problem.ts'
import { control } from '../../target/engine-control.ts'
import { engineOf, requireEngine, stateDirOf } from '../../target/state-dir.ts'
import { forPeople } from '../../terminal.ts'

const DEFAULT_LINES = 50

export const engineNotifications = command({
  summary: 'Show the notifications that clusters and alarms have sent to their SNS topics',
  description:
    'A cluster that has an active topic (--notification-topic-arn of create- and modify-cache-cluster) sends its events there, an alarm (aws cloudwatch put-metric-alarm) what becomes of it. The local engine keeps them in notifications.jsonl of the state directory, and POSTs them to a webhook on this machine if it is told of one. Messages have the shape in which SNS delivers over HTTP; they are not signed.',
  examples: [
    'engine notifications --follow',
    'engine notifications --webhook http://127.0.0.1:9000/sns',
    'engine notifications --no-webhook',
  ],
  flags: {
    follow: toggle({ summary: 'go on with those sent from now on, until Ctrl-C', char: 'f' }),
    lines: count({
      summary: `how many to begin with (default ${DEFAULT_LINES})`,
      helpValue: '<number>',
      char: 'n',
      least: 1,
      otherwise: DEFAULT_LINES,
    }),
    webhook: text({ summary: 'send each to this URL of 127.0.0.1 or ::1 from now on', helpValue: '<url>' }),
    'no-webhook': toggle({ summary: 'send none anywhere from now on' }),
    ...stateDirFlag,
  },
  forms: {},
  async run({ flags, print }) {
    const webhook = flags['no-webhook'] ? null : flags.webhook
    if (webhook !== undefined) {
      if (webhook === null && flags.webhook) throw usageProblem('--webhook and --no-webhook exclude each other.')
      const request = { webhook }
      const settings = await control<NotificationSettings>(engineOf(flags), 'POST', CONTROL.notifications, request)
      return print.answer(settings, webhookLine)
    }
    const stateDir = stateDirOf(flags)
    const { notifications: path } = engineFiles(stateDir)
    const sent = lastValues<SnsNotification>(path, flags.lines)
    if (sent.length === 0) requireEngine(stateDir)
    if (!flags.follow) return print.answer(sent, () => sent.map(line).join('\n') || 'No notifications.')
    const show = (each: SnsNotification) => print.item(each, () => line(each))
    for (const each of sent) await show(each)
    await untilInterrupted((signal) => follow(path, signal, show), endLine)
  },
})

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
  const { NewStateReason }: { NewStateReason?: string } = JSON.parse(message)
  return NewStateReason
}

const explained = (message: string, event = ''): string => (event && event !== message ? `  (${event})` : '')
