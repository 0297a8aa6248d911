/** Quotas of the local engine that can be set, by their names in `cachectl engine quota`. */

/** Defaults per region (guide, "Quotas for ElastiCache"); what the guide gives no figure for says so. */
export const DEFAULT_QUOTAS = {
  'nodes-per-cluster': 60,
  'nodes-per-region': 300,
  'parameter-groups-per-region': 300,
  'subnet-groups-per-region': 300,
  'subnets-per-subnet-group': 20,
  'security-groups-per-region': 50,
  'serverless-caches-per-region': 40,
  /** Manual snapshots of one serverless cache in any 24 hours. */
  'serverless-snapshots-per-day': 24,
  /** The guide names none; as many as there may be nodes. */
  'reserved-nodes-per-region': 300,
  /** CloudWatch's, not ElastiCache's. */
  'alarms-per-region': 5000,
} as const

export type QuotaName = keyof typeof DEFAULT_QUOTAS

export const isQuotaName = (name: string): name is QuotaName => Object.hasOwn(DEFAULT_QUOTAS, name)

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
