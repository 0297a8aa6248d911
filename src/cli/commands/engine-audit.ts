import { CONTROL, engineFiles } from '../../api/local-engine.ts'
import { BaseCommand } from '../base-command.ts'
import { control } from '../engine-control.ts'
import { text, toggle } from '../flags.ts'
import { untilInterrupted } from '../interrupt.ts'
import { follow, lastValues } from '../json-lines.ts'
import { countOf } from '../seconds.ts'
import { runningEngine } from '../state-dir.ts'
import { forPeople, printLine } from '../terminal.ts'
import { choiceOf, outputFlag, stateDirFlag, stateDirOf } from './engine-flags.ts'

const DEFAULT_LINES = '50'

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

export class EngineAudit extends BaseCommand {
  static override summary = 'Show who called what of the API: the audit log, in the form of CloudTrail'
  static override description =
    'Every call is recorded in audit.jsonl of the state directory within a moment, refused ones too; secrets are hidden. When the file has 10 MB it becomes audit.jsonl.1, and the one before goes. Calls without a right signature are in audit-strangers.jsonl, where they push nobody else out: 30 in a minute one by one, and of others the number. With --output json it is {"Records": [...]} as in the files of CloudTrail; with --follow a record a line. `engine reset` leaves it.'
  static override examples = ['engine audit --lines 5', 'engine audit --output json', 'engine audit --follow']
  static override flags = {
    lines: text({ summary: `how many calls (default ${DEFAULT_LINES})`, helpValue: '<number>', char: 'n' }),
    follow: toggle({ summary: 'go on with those made from now on, until Ctrl-C', char: 'f' }),
    ...outputFlag,
    ...stateDirFlag,
  }

  async run(): Promise<void> {
    const { flags } = this.read()
    const json = choiceOf(flags, 'output', ['text', 'json'], 'text') === 'json'
    const stateDir = stateDirOf(flags)
    const { audit, auditStrangers } = engineFiles(stateDir)
    const paths = [audit, auditStrangers]
    // The call before this command is to be among them. Of an engine that is gone, what it has written is all there is.
    const engine = runningEngine(stateDir)
    if (engine) await control(engine, 'POST', CONTROL.auditFlush).catch(() => undefined)
    const count = countOf('lines', (flags.lines as string) ?? DEFAULT_LINES, 1)
    const records = chosen(lastValues<AuditRecord>(audit, count), lastValues<AuditRecord>(auditStrangers, count), count)
    if (flags.follow !== true) {
      if (json) printLine(JSON.stringify({ Records: records }, null, 4))
      else printLine(records.length > 0 ? forPeople(records).map(line).join('\n') : 'No calls.')
      return
    }
    const show = (record: AuditRecord) => printLine(json ? JSON.stringify(record) : line(forPeople(record)))
    for (const record of records) show(record)
    await untilInterrupted((signal) => Promise.all(paths.map((path) => follow(path, signal, show))))
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
