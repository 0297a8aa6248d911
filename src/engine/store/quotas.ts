/** Quotas in force in a region: the defaults, or what a user has set. */
import { DEFAULT_QUOTAS, type QuotaName } from '../../api/catalog/quotas.ts'
import type { Store } from './store.ts'

/** The quota in force in the region. */
export const quota = (name: QuotaName, { store, region }: { readonly store: Store; readonly region: string }): number =>
  store.get('quota', region, name)?.limit ?? DEFAULT_QUOTAS[name]
