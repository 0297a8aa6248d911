/** Quotas in force where requests go. */
import type { QuotaName } from '../../api/catalog/quotas.ts'
import type { QuotaReport } from '../../api/engine-quotas.ts'
import { CONTROL } from '../../api/local-engine.ts'
import { Problem } from '../problem.ts'
import { control } from '../target/engine-control.ts'
import type { Target } from '../target/targets.ts'
import { tell } from '../terminal.ts'

export type Quotas = ReadonlyMap<QuotaName, number>

/**
 * As the local engine tells them; undefined for AWS, which has those of an account in another API, Service Quotas. Rejects with
 * Problem when the engine does not answer.
 */
export async function quotasAt(target: Target): Promise<Quotas | undefined> {
  if (target.kind !== 'local' || !target.engine) return undefined
  const request = { region: target.region }
  const { quotas } = await control<{ quotas: QuotaReport[] }>(target.engine, 'POST', `${CONTROL.quotas}/list`, request)
  return new Map(quotas.map(({ name, limit }) => [name, limit]))
}

/** The most nodes one cluster may have there; undefined where nothing tells it: the request itself will. */
export async function mostNodesAt(target: Target): Promise<number | undefined> {
  try {
    return (await quotasAt(target))?.get('nodes-per-cluster')
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    tell(`The quota of nodes is not known: ${error.message}`)
    return undefined
  }
}
