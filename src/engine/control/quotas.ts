/** `cachectl engine quota`: AWS raises quotas on request; here the user sets them, to meet them sooner or not at all. */
import { DEFAULT_QUOTAS, isQuotaName, type QuotaName } from '../../api/catalog/quotas.ts'
import type { QuotaReport, QuotaRequest } from '../../api/engine-quotas.ts'
import { CONTROL } from '../../api/local-engine.ts'
import type { RegionRequest } from '../../api/local-network.ts'
import { invalid } from '../../api/refusals.ts'
import { namesOf } from '../../api/tables.ts'
import type { Context } from '../calls/context.ts'
import type { ControlHandler } from '../http/front-door.ts'
import { quota } from '../store/quotas.ts'
import { contextIn, type NetworkOffice } from './network-office.ts'

const NAMES = namesOf(DEFAULT_QUOTAS)

export function quotaRoutes(office: NetworkOffice): Record<string, ControlHandler> {
  return {
    [`POST ${CONTROL.quotas}/list`]({ region }: RegionRequest) {
      const context = contextIn(office, region)
      return { quotas: NAMES.map((name) => report(name, context)) }
    },

    [`POST ${CONTROL.quotas}/set`]({ region, name, limit }: QuotaRequest) {
      const context = contextIn(office, region)
      if (!isQuotaName(name)) throw invalid(`There is no quota ${name}. There are: ${NAMES.join(', ')}.`)
      if (limit !== null && !(Number.isSafeInteger(limit) && limit >= 0)) throw invalid(`${limit} is not a quota.`)
      const record = { region, id: name, limit: limit ?? DEFAULT_QUOTAS[name] }
      context.store.change((change) => (limit === null ? change.remove('quota', record) : change.put('quota', record)))
      return report(name, context)
    },
  }
}

const report = (name: QuotaName, context: Context): QuotaReport => ({
  region: context.region,
  name,
  limit: quota(name, context),
  default: DEFAULT_QUOTAS[name],
})
