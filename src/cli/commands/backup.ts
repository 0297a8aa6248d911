import { systemClock } from '../../net/clock.ts'
import {
  type Backup,
  backupKinds,
  backupName,
  backupOf,
  creation,
  deletion,
  exportation,
  findBackup,
  findCache,
  type Request,
  restoration,
} from '../backups.ts'
import { BaseCommand, word } from '../base-command.ts'
import type { ApiClient } from '../client.ts'
import { withClient } from '../clusters.ts'
import { confirmOnTerminal } from '../confirm.ts'
import { type Flag, text } from '../flags.ts'
import { confirmFlags, globalFlags, waitFlags } from '../global-flags.ts'
import { waitForChange } from '../operation-wait.ts'
import { plainOutput } from '../output/answer.ts'
import { drawColumns } from '../output/human-table.ts'
import { valueText } from '../output/human-value.ts'
import type { Column } from '../output/human-views.ts'
import { jsonText } from '../output/json.ts'
import { printForPeople, styleHere } from '../output/people.ts'
import { statusText } from '../output/style.ts'
import type { FlagValues } from '../parse.ts'
import { findAll, isUnsupported } from '../resources.ts'
import { describeTarget } from '../targets.ts'
import { print, printLine, stdoutIsTerminal, tell } from '../terminal.ts'
import { choiceOf, outputOf } from './engine-flags.ts'

const answerForm = outputOf('json; a readable view on a terminal')

export class BackupCreate extends BaseCommand {
  static override summary = 'Make a backup of a serverless cache or a replication group'
  static override description =
    'Finds out what the cache is and calls create-serverless-cache-snapshot or create-snapshot. Memcached clusters have no backups: `cachectl kv dump` keeps what they hold. Answers as the operation does; with --wait when the backup is available. Exit code 255 when there is no such cache or it has no backups, 254 when the service refuses.'
  static override args = { cache: word('name of the cache', { required: true }) }
  static override flags = {
    name: text({ summary: 'name of the backup (default: the cache and the time)', helpValue: '<name>' }),
    ...waitFlags,
    ...globalFlags,
    ...answerForm,
  }
  static override examples = ['backup create cart --wait', 'backup create cart --name before-sale']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const [cache = ''] = words
    await withClient(flags, async (client) => {
      const found = await findCache(client, cache)
      const name = (flags.name as string | undefined) ?? backupName(cache, new Date(systemClock.now()))
      await make(client, creation(found, name), flags)
    })
  }
}

export class BackupList extends BaseCommand {
  static override summary = 'List the backups of every cache, or of one'
  static override args = { cache: word('name of the cache') }
  static override flags = { ...globalFlags, ...outputOf('table (default), json or names') }
  static override examples = ['backup list', 'backup list cart --output json']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const form = choiceOf(flags, 'output', ['table', 'json', 'names'], 'table')
    const found = await withClient(flags, (client) =>
      findAll(client, backupKinds, (kind, error) => {
        if (!isUnsupported(error)) tell(`No ${kind.name}s can be shown: ${error.message}`)
      }),
    )
    const backups = found.map(backupOf).filter(({ of }) => words[0] === undefined || of === words[0])
    if (form === 'json') return printLine(JSON.stringify(backups, null, 4))
    if (form === 'names') return print(backups.map(({ name }) => `${name}\n`).join(''))
    if (backups.length === 0) return printLine('No backups.')
    const { text: table } = await drawColumns(COLUMNS, backups, await styleHere(flags))
    printLine(table)
  }
}

const COLUMNS: readonly Column<Backup>[] = [
  { head: 'Name', of: 'name' },
  { head: 'Of', of: 'of' },
  { head: 'Status', of: ({ status }, style) => statusText(status, style) },
  { head: 'Created', of: ({ created }, style) => (created ? valueText(new Date(created), '', style) : '') },
  { head: 'Size', of: 'size' },
  { head: 'Engine', of: 'engine' },
  { head: 'Kind', of: 'kind' },
]

export class BackupRestore extends BaseCommand {
  static override summary = 'Make a new cache of a backup'
  static override description =
    'The cache has the engine and the version of the backup and is otherwise as a new one; a cache can not be put back in place. Exit codes as of backup create.'
  static override args = { backup: word('name of the backup', { required: true }) }
  static override flags = {
    as: { ...text({ summary: 'name of the new cache', helpValue: '<name>' }), required: true } as Flag,
    ...waitFlags,
    ...globalFlags,
    ...answerForm,
  }
  static override examples = ['backup restore before-sale --as cart-2 --wait']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    await withClient(flags, async (client) => {
      const backup = await findBackup(client, words[0] as string)
      await make(client, restoration(backup, flags.as as string), flags)
    })
  }
}

export class BackupExport extends BaseCommand {
  static override summary = 'Copy a backup to an S3 bucket'
  static override description =
    'The bucket must be in the region of the cache. The local engine writes into the folder s3/<bucket> of its state directory instead. Exit codes as of backup create.'
  static override args = { backup: word('name of the backup', { required: true }) }
  static override flags = {
    bucket: { ...text({ summary: 'name of the bucket', helpValue: '<bucket>' }), required: true } as Flag,
    ...waitFlags,
    ...globalFlags,
    ...answerForm,
  }
  static override examples = ['backup export before-sale --bucket my-backups --wait']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    await withClient(flags, async (client) => {
      await make(client, exportation(await findBackup(client, words[0] as string), flags.bucket as string), flags)
    })
  }
}

export class BackupDelete extends BaseCommand {
  static override summary = 'Delete a backup'
  static override description = 'Asks on a terminal. Exit codes as of backup create.'
  static override args = { backup: word('name of the backup', { required: true }) }
  static override flags = { ...waitFlags, ...confirmFlags, ...globalFlags, ...answerForm }
  static override examples = ['backup delete before-sale', 'backup delete before-sale --yes --wait']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    await withClient(flags, async (client) => {
      const backup = await findBackup(client, words[0] as string)
      const { name, of } = backupOf(backup)
      const question = `Delete the backup ${name} of ${of} on ${describeTarget(client.target)}?`
      await confirmOnTerminal(question, flags.yes === true)
      await make(client, deletion(backup), flags)
    })
  }
}

async function make(client: ApiClient, { name, input }: Request, flags: FlagValues): Promise<void> {
  const json = choiceOf(flags, 'output', ['json'], 'json') && (flags.output !== undefined || !stdoutIsTerminal())
  const first = await client.call(name, input)
  const answer = flags.wait === true ? await waitForChange(client, name, input, flags) : first
  if (json) print(jsonText(plainOutput(name, answer)))
  else await printForPeople(name, input, answer, flags)
}
