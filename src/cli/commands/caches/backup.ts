import { nearest } from '../../../api/nearest.ts'
import { systemClock } from '../../../net/clock.ts'
import {
  type Backup,
  backupKinds,
  backupName,
  backupOf,
  creation,
  deletion,
  exportation,
  findBackup,
  findSource,
  type Request,
  restoration,
} from '../../caches/backups.ts'
import { withClient } from '../../caches/client.ts'
import { isUnsupported, unaskedText } from '../../caches/refusals.ts'
import { findAll } from '../../caches/resources.ts'
import { cacheWord } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { required, text, type ValuesOf } from '../../flags.ts'
import type { Printer } from '../../forms.ts'
import { confirmFlags, type GlobalOptions, globalFlags, waitFlags } from '../../global-flags.ts'
import { confirmDestruction } from '../../live/confirm.ts'
import { plainOutput } from '../../output/answer.ts'
import { columnsText } from '../../output/human-table.ts'
import { valueText } from '../../output/human-value.ts'
import type { Column } from '../../output/human-views.ts'
import { printForPeople } from '../../output/people.ts'
import { bytesText } from '../../output/quantities.ts'
import { type Style, statusText } from '../../output/style.ts'
import type { ApiClient } from '../../target/client.ts'
import { describeTarget } from '../../target/targets.ts'
import { tell } from '../../terminal.ts'
import { waitForChange } from '../../waiting/operation-wait.ts'
import { optional } from '../../words.ts'

export const backupCreate = command({
  summary: 'Make a backup of a serverless cache, a group or a Valkey or Redis OSS cluster',
  description:
    'Finds out what the cache is and calls create-serverless-cache-snapshot or create-snapshot. Memcached clusters have no backups: `cachectl kv dump` keeps what they hold. Answers as the operation does; with --wait when the backup is available. Exit code 254 when there is no such cache or the service refuses, 255 when such a cache has no backups.',
  words: { cache: cacheWord('name of the cache', 'source') },
  flags: {
    name: text({ summary: 'name of the backup (default: the cache and the time)', helpValue: '<name>' }),
    ...waitFlags,
    ...globalFlags,
  },
  forms: { piped: 'json' },
  examples: ['backup create cart --wait', 'backup create cart --name before-sale'],
  async run({ flags, words, print }) {
    await withClient(flags, async (client) => {
      const found = await findSource(client, words.cache)
      const name = flags.name ?? backupName(words.cache, new Date(systemClock.now()))
      await make(client, creation(found, name), flags, print)
    })
  },
})

export const backupList = command({
  summary: 'List the backups of every cache, or of one',
  words: { cache: optional('name of the cache') },
  flags: globalFlags,
  forms: { own: ['names'] },
  examples: ['backup list', 'backup list cart --output json'],
  async run({ flags, words, print }) {
    const found = await withClient(flags, (client) =>
      findAll(client, backupKinds, (error, kind) => {
        if (!isUnsupported(error)) tell(`No ${kind.name}s can be shown: ${unaskedText(error)}`)
      }),
    )
    const backups = found.map(backupOf).filter(({ of }) => words.cache === undefined || of === words.cache)
    const shown = (all: readonly Backup[], style: Style) =>
      all.length === 0 && words.cache !== undefined ? noneOf(words.cache, found.map(backupOf)) : describe(all, style)
    await print.answer(backups, shown, { names: (shown) => shown.map(({ name }) => name).join('\n') })
  },
})

/** A cache that is gone may have backups still: it is among backups that the name is looked for. */
function noneOf(cache: string, all: readonly Backup[]): string {
  const guess = nearest(
    cache,
    all.map(({ of }) => of),
  )
  return `No backups of ${cache}.${guess === undefined ? '' : ` Did you mean ${guess}?`}`
}

const describe = (backups: readonly Backup[], style: Style): string =>
  backups.length === 0 ? 'No backups.' : columnsText(COLUMNS, backups, style)

/** Those of serverless caches are bytes, those of nodes have their unit. */
const sizeText = (size: string | null): string => (size && /^\d+$/.test(size) ? bytesText(Number(size)) : (size ?? ''))

const COLUMNS: readonly Column<Backup>[] = [
  { head: 'Name', of: 'name' },
  { head: 'Of', of: 'of' },
  { head: 'Status', of: ({ status }, style) => statusText(status, style) },
  { head: 'Created', of: ({ created }, style) => (created ? valueText(new Date(created), '', style) : '') },
  { head: 'Size', of: ({ size }) => sizeText(size) },
  { head: 'Engine', of: 'engine' },
  { head: 'Kind', of: 'kind' },
]

export const backupRestore = command({
  summary: 'Make a new cache of a backup',
  description:
    'The cache has the engine and the version of the backup and is otherwise as a new one; a cache can not be put back in place. Exit codes as of backup create.',
  words: { backup: cacheWord('name of the backup', 'backup') },
  flags: {
    as: required(text({ summary: 'name of the new cache', helpValue: '<name>' })),
    ...waitFlags,
    ...globalFlags,
  },
  forms: { piped: 'json' },
  examples: ['backup restore before-sale --as cart-2 --wait'],
  async run({ flags, words, print }) {
    await withClient(flags, async (client) => {
      const backup = await findBackup(client, words.backup)
      await make(client, restoration(backup, flags.as), flags, print)
    })
  },
})

export const backupExport = command({
  summary: 'Copy a backup to an S3 bucket',
  description:
    'The bucket must be in the region of the cache. The local engine writes into the folder s3/<bucket> of its state directory instead. Exit codes as of backup create.',
  words: { backup: cacheWord('name of the backup', 'backup') },
  flags: {
    bucket: required(text({ summary: 'name of the bucket', helpValue: '<bucket>' })),
    ...waitFlags,
    ...globalFlags,
  },
  forms: { piped: 'json' },
  examples: ['backup export before-sale --bucket my-backups --wait'],
  async run({ flags, words, print }) {
    await withClient(flags, async (client) => {
      await make(client, exportation(await findBackup(client, words.backup), flags.bucket), flags, print)
    })
  },
})

export const backupDelete = command({
  summary: 'Delete a backup',
  description: 'Asks on a terminal. Exit codes as of backup create.',
  words: { backup: cacheWord('name of the backup', 'backup') },
  flags: { ...waitFlags, ...confirmFlags, ...globalFlags },
  forms: { piped: 'json' },
  examples: ['backup delete before-sale', 'backup delete before-sale --yes --wait'],
  async run({ flags, words, print }) {
    await withClient(flags, async (client) => {
      const backup = await findBackup(client, words.backup)
      const { name, of } = backupOf(backup)
      const question = `Delete the backup ${name} of ${of} on ${describeTarget(client.target)}?`
      await confirmDestruction(question, flags.yes)
      await make(client, deletion(backup), flags, print)
    })
  },
})

async function make(
  client: ApiClient,
  { name, input }: Request,
  flags: GlobalOptions & ValuesOf<typeof waitFlags>,
  print: Printer,
): Promise<void> {
  const first = await client.call(name, input)
  const answer = flags.wait ? await waitForChange(client, name, input, flags) : first
  await print.answer(plainOutput(name, answer), () => printForPeople(name, input, answer, flags))
}
