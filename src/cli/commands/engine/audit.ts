import { CONTROL, engineFiles } from '../../../api/local-engine.ts'
import { command } from '../../command.ts'
import { count } from '../../flag-kinds.ts'
import { toggle } from '../../flags.ts'
import { stateDirFlag } from '../../global-flags.ts'
import { follow, lastValues } from '../../json-lines.ts'
import { endLine, untilInterrupted } from '../../live/interrupt.ts'
import { Problem } from '../../problem.ts'
import { control } from '../../target/engine-control.ts'
import { requireEngine, runningEngine, stateDirOf } from '../../target/state-dir.ts'
import { forPeople, tell } from '../../terminal.ts'

const DEFAULT_LINES = 50

/** The members that are shown in lines; JSON shows all. */
interface AuditRecord {
  readonly eventTime: string
  readonly eventName: string | null
  readonly awsRegion: string
  readonly sourceIPAddress: string
  readonly userIdentity: { readonly userName?: string }
  readonly errorCode?: string
  readonly errorMessage?: string
  readonly requestParameters: object | null
  /** Of calls that were not recorded one by one. */
  readonly additionalEventData?: { readonly callsLeftOut?: number }
}

export const engineAudit = command({
  summary: 'Show the calls of the API and their callers: the audit log, in the form of CloudTrail',
  description:
    'Every call is recorded in audit.jsonl of the state directory within a moment, refused ones too; secrets are hidden. When the file has 10 MB it becomes audit.jsonl.1, and the one before goes. Calls without a right signature are in audit-strangers.jsonl, where they push nobody else out: 30 in a minute one by one, and of others the number. With --output json it is {"Records": [...]} as in the files of CloudTrail; with --follow a record a line. `engine reset` leaves it.',
  examples: ['engine audit --lines 5', 'engine audit --output json', 'engine audit --follow'],
  flags: {
    lines: count({
      summary: `how many calls (default ${DEFAULT_LINES})`,
      helpValue: '<number>',
      char: 'n',
      least: 1,
      otherwise: DEFAULT_LINES,
    }),
    follow: toggle({ summary: 'go on with those made from now on, until Ctrl-C', char: 'f' }),
    ...stateDirFlag,
  },
  forms: {},
  async run({ flags, print }) {
    const { follow: goesOn, lines: most } = flags
    const stateDir = stateDirOf(flags)
    const { audit, auditStrangers } = engineFiles(stateDir)
    const paths = [audit, auditStrangers]
    await flush(stateDir)
    const records = chosen(lastValues<AuditRecord>(audit, most), lastValues<AuditRecord>(auditStrangers, most), most)
    if (records.length === 0) requireEngine(stateDir)
    if (!goesOn) {
      const lines = () => (records.length > 0 ? forPeople(records).map(line).join('\n') : 'No calls.')
      return print.answer({ Records: records }, lines)
    }
    const show = (record: AuditRecord) => print.item(record, line)
    for (const record of records) await show(record)
    await untilInterrupted((signal) => Promise.all(paths.map((path) => follow(path, signal, show))), endLine)
  },
})

/** The call before this command is to be among them. Of an engine that is gone, what it has written is all there is. */
async function flush(stateDir: string): Promise<void> {
  const engine = runningEngine(stateDir)
  if (!engine) return
  try {
    await control(engine, 'POST', CONTROL.auditFlush)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    tell(`The latest calls may be missing: ${error.message}`)
  }
}

/** Strangers' records have a fifth of the lines, or what others leave: a flood of them shall not hide those either. */
function chosen(known: readonly AuditRecord[], strangers: readonly AuditRecord[], count: number): AuditRecord[] {
  const places = Math.min(strangers.length, Math.max(Math.floor(count / 5), count - known.length))
  return merged(known.slice(known.length - (count - places)), strangers.slice(strangers.length - places))
}

/** By time; each list stays in its own order, for the engine's clock may have been reset. */
function merged(known: readonly AuditRecord[], strangers: readonly AuditRecord[]): AuditRecord[] {
  const rest = [...strangers]
  const before = ({ eventTime }: AuditRecord) => {
    const end = rest.findIndex((record) => record.eventTime >= eventTime)
    return rest.splice(0, end === -1 ? rest.length : end)
  }
  return [...known.flatMap((record) => [...before(record), record]), ...rest]
}

function line(record: AuditRecord): string {
  const { eventTime, eventName, awsRegion, userIdentity, errorCode, errorMessage, requestParameters } = record
  const leftOut = record.additionalEventData?.callsLeftOut
  if (leftOut !== undefined) {
    return `${eventTime} ${awsRegion} - ${leftOut} more without a right signature, the last -> ${errorCode ?? ''}`
  }
  const said = requestParameters ? ` ${JSON.stringify(requestParameters)}` : ''
  const became = errorCode ? ` -> ${errorCode}: ${errorMessage ?? ''}` : ''
  return `${eventTime} ${awsRegion} ${userIdentity.userName ?? '-'} ${eventName ?? '-'}${said}${became}`
}
