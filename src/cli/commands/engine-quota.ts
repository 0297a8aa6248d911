import { DEFAULT_QUOTAS } from '../../api/catalog/quotas.ts'
import type { QuotaReport } from '../../api/engine-quotas.ts'
import { CONTROL } from '../../api/local-engine.ts'
import { BaseCommand, word } from '../base-command.ts'
import { control } from '../engine-control.ts'
import { tableText } from '../output/table.ts'
import type { FlagValues } from '../parse.ts'
import { usageProblem } from '../problem.ts'
import { engineAndRegion, printAnswer, regionFlags } from './engine-region.ts'

const NAMES = Object.keys(DEFAULT_QUOTAS).join(', ')

const call = <T>(flags: FlagValues, action: 'list' | 'set', request: object): Promise<T> => {
  const { engine, region } = engineAndRegion(flags)
  return control<T>(engine, 'POST', `${CONTROL.quotas}/${action}`, { region, ...request })
}

export class EngineQuotaList extends BaseCommand {
  static override summary = 'List the quotas of the local engine in a region'
  static override description = 'What is used of them: cachectl quotas.'
  static override flags = regionFlags

  async run(): Promise<void> {
    const { flags } = this.read()
    const answer = await call<{ quotas: QuotaReport[] }>(flags, 'list', {})
    await printAnswer(flags, answer, ({ quotas }) => table(quotas))
  }
}

export class EngineQuotaSet extends BaseCommand {
  static override summary = 'Set a quota of the local engine in a region'
  static override description =
    `Raises it as AWS does on request, or lowers it, to rehearse what happens beyond it. What is there already stays. Quotas are: ${NAMES}.`
  static override examples = [
    'engine quota set nodes-per-region 1000',
    'engine quota set serverless-caches-per-region 2',
  ]
  static override args = {
    quota: word(`one of ${NAMES}`, { required: true }),
    limit: word('the most there may be', { required: true }),
  }
  static override flags = regionFlags

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const [name, limit = ''] = words
    if (!/^\d{1,9}$/.test(limit)) throw usageProblem(`argument limit: invalid number: '${limit}'`)
    const answer = await call<QuotaReport>(flags, 'set', { name, limit: Number(limit) })
    await printAnswer(flags, answer, (quota) => table([quota]))
  }
}

export class EngineQuotaReset extends BaseCommand {
  static override summary = 'Give a quota of the local engine its default again'
  static override args = { quota: word(`one of ${NAMES}`, { required: true }) }
  static override flags = regionFlags

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const answer = await call<QuotaReport>(flags, 'set', { name: words[0], limit: null })
    await printAnswer(flags, answer, (quota) => table([quota]))
  }
}

const table = (quotas: readonly QuotaReport[]): Promise<string> =>
  tableText(
    ['Quota', 'Limit', 'Default'],
    quotas.map(({ name, limit, default: usual }) => [name, String(limit), String(usual)]),
  )
