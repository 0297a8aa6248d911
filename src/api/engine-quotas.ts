/** What the control routes of the local engine say of quotas. */
import type { QuotaName } from './catalog/quotas.ts'

export interface QuotaReport {
  readonly region: string
  readonly name: QuotaName
  readonly limit: number
  readonly default: number
}

/** `limit` null: the default again. */
export interface QuotaRequest {
  readonly region: string
  readonly name: string
  readonly limit: number | null
}
