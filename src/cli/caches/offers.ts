/** What a word of a line can name, and how to find what there is of it. */
import { DEFAULT_QUOTAS } from '../../api/catalog/quotas.ts'
import { type ResourceKind, regionalKinds, resources } from '../../api/catalog/resources.ts'
import { FAULT_KINDS, type FaultReport } from '../../api/engine-faults.ts'
import type { UserReport } from '../../api/identity.ts'
import { CONTROL } from '../../api/local-engine.ts'
import type { SecurityGroupReport, SubnetReport } from '../../api/local-network.ts'
import { environment } from '../environment.ts'
import type { GlobalOptions } from '../global-flags.ts'
import { control } from '../target/engine-control.ts'
import { askInRegion } from '../target/engine-region.ts'
import { runningRelays } from '../target/relays.ts'
import { engineOf, stateDirOf } from '../target/state-dir.ts'
import { BUILT_IN, readTargets } from '../target/target-list.ts'
import { resolveTarget } from '../target/targets.ts'
import { backedUpKinds, backupKinds } from './backups.ts'
import { withClient } from './client.ts'
import { cacheKinds } from './kinds/index.ts'
import { type OnUnasked, tellUnasked } from './refusals.ts'
import { findAll, nameOf } from './resources.ts'

/** What there is, by its name; `is` tells those apart that are of several kinds. */
export interface Offered {
  readonly name: string
  readonly is?: string
}

interface OfferRow {
  readonly called: string
  /** @param said The words before it on the line. @param note Hears which question of several got no answer. */
  list(
    flags: GlobalOptions,
    said: readonly string[],
    note?: OnUnasked,
  ): Promise<readonly Offered[]> | readonly Offered[]
  /** Whether that is known at once; where it is not, it is found only to be offered. Absent: always. */
  readonly isNear?: (flags: GlobalOptions) => boolean
}

/** Of the target: the local engine answers at once, AWS takes a second, and credentials. */
const ofTarget = (called: string, among: readonly ResourceKind[]): OfferRow => ({
  called,
  list: async (flags, _said, note = tellUnasked) => {
    const found = await withClient(flags, (client) => findAll(client, among, note))
    return found.map((each) => ({ name: nameOf(each), is: each.kind.name }))
  },
  isNear: (flags) => resolveTarget(flags, environment).kind === 'local',
})

/** Of the local engine itself. */
const ofEngine = <T>(called: string, ask: (flags: GlobalOptions) => Promise<T>, names: (answer: T) => string[]) => ({
  called,
  list: async (flags: GlobalOptions) => named(names(await ask(flags))),
})

const users = (flags: GlobalOptions) => control<UserReport[]>(engineOf(flags), 'GET', CONTROL.users)
const subnets = (flags: GlobalOptions) =>
  askInRegion<{ subnets: SubnetReport[] }>(flags, `${CONTROL.subnets}/list`).then((answer) => answer.subnets)
const targets = (flags: GlobalOptions) => Object.keys(readTargets(stateDirOf(flags)).targets)

const named = (names: readonly string[]): Offered[] => names.map((name) => ({ name }))

/** What a word can name. */
export const OFFERS = {
  cache: ofTarget(
    'cache',
    cacheKinds.map(({ kind }) => kind),
  ),
  source: ofTarget('cache', backedUpKinds),
  backup: ofTarget('backup', backupKinds),
  resource: ofTarget('resource', regionalKinds),
  parameterGroup: ofTarget('parameter group', [resources.parameterGroup]),
  engineUser: ofEngine('user', users, (all) => all.map(({ userName }) => userName)),
  policy: {
    called: 'policy',
    list: async (flags, [name = '']) => {
      const user = (await users(flags)).find(({ userName }) => userName.toLowerCase() === name.toLowerCase())
      return named(Object.keys(user?.policies ?? {}))
    },
  },
  subnet: ofEngine('subnet', subnets, (all) => all.map(({ subnetId }) => subnetId)),
  ownSubnet: ofEngine('subnet', subnets, (all) =>
    all.filter(({ isDefault }) => !isDefault).map(({ subnetId }) => subnetId),
  ),
  securityGroup: ofEngine(
    'security group',
    (flags) => askInRegion<{ securityGroups: SecurityGroupReport[] }>(flags, `${CONTROL.securityGroups}/list`),
    ({ securityGroups }) => securityGroups.map(({ groupName }) => groupName),
  ),
  quota: { called: 'quota', list: () => named(Object.keys(DEFAULT_QUOTAS)) },
  faultKind: { called: 'fault', list: () => named(Object.keys(FAULT_KINDS)) },
  faultInEffect: ofEngine(
    'fault',
    (flags) => control<FaultReport[]>(engineOf(flags), 'GET', CONTROL.faults),
    (all) => all.map(({ id }) => id),
  ),
  target: { called: 'target', list: (flags) => named(targets(flags)) },
  ownTarget: {
    called: 'target',
    list: (flags) => named(targets(flags).filter((name) => !Object.hasOwn(BUILT_IN, name))),
  },
  proxy: {
    called: 'proxy',
    list: (flags) => named(runningRelays(stateDirOf(flags)).flatMap(({ listen }) => listen)),
  },
} satisfies Readonly<Record<string, OfferRow>>

export type Offer = keyof typeof OFFERS

/** The row of an offer, by the type they have in common. */
export const offerOf = (offer: Offer): OfferRow => OFFERS[offer]
