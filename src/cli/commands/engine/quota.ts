import { DEFAULT_QUOTAS } from '../../../api/catalog/quotas.ts'
import type { QuotaReport } from '../../../api/engine-quotas.ts'
import { CONTROL } from '../../../api/local-engine.ts'
import { command } from '../../command.ts'
import type { Style } from '../../output/style.ts'
import { tableText } from '../../output/table.ts'
import { usageProblem } from '../../problem.ts'
import { askInRegion, regionFlags } from '../../target/engine-region.ts'
import { offering, one, oneAmong } from '../../words.ts'

const NAMES = Object.keys(DEFAULT_QUOTAS).join(', ')

const quota = offering(oneAmong('quota', Object.keys(DEFAULT_QUOTAS)), 'quota')

export const engineQuotaList = command({
  summary: 'List the quotas of the local engine in a region',
  description: 'What is used of them: cachectl quotas.',
  flags: regionFlags,
  forms: {},
  async run({ flags, print }) {
    const answer = await askInRegion<{ quotas: QuotaReport[] }>(flags, `${CONTROL.quotas}/list`)
    await print.answer(answer, ({ quotas }, style) => table(quotas, style))
  },
})

export const engineQuotaSet = command({
  summary: 'Set a quota of the local engine in a region',
  description: `Raises it as AWS does on request, or lowers it, to rehearse what happens beyond it. What is there already stays. Quotas are: ${NAMES}.`,
  examples: ['engine quota set nodes-per-region 1000', 'engine quota set serverless-caches-per-region 2'],
  words: {
    quota,
    limit: one('the most there may be', limitOf),
  },
  flags: regionFlags,
  forms: {},
  async run({ flags, words, print }) {
    const request = { name: words.quota, limit: words.limit }
    await print.answer(await askInRegion<QuotaReport>(flags, `${CONTROL.quotas}/set`, request), quotaLine)
  },
})

export const engineQuotaReset = command({
  summary: 'Give a quota of the local engine its default again',
  words: { quota },
  flags: regionFlags,
  forms: {},
  async run({ flags, words, print }) {
    const request = { name: words.quota, limit: null }
    await print.answer(await askInRegion<QuotaReport>(flags, `${CONTROL.quotas}/set`, request), quotaLine)
  },
})

function limitOf(said: string): number {
  if (/^\d{1,9}$/.test(said)) return Number(said)
  throw usageProblem(`argument limit: invalid number: '${said}'`)
}

const quotaLine = ({ name, limit, default: usual }: QuotaReport): string => `${name}: ${limit} (default ${usual})`

const table = (quotas: readonly QuotaReport[], style: Style): string =>
  tableText(
    ['Quota', 'Limit', 'Default'],
    quotas.map(({ name, limit, default: usual }) => [name, String(limit), String(usual)]),
    style,
  )
