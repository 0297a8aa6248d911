import type { EventFacts } from '../../../api/catalog/events.ts'
import type { Round } from '../../lifecycle/loops.ts'
import type { Errands } from '../../lifecycle/runner.ts'
import type { EventRecord, UserGroupRecord, UserRecord } from '../../store/records.ts'
import type { LifeTools } from '../workload.ts'
import { groupsOf, userIdsAfter } from './find.ts'
import { serversKnow } from './standing.ts'

/** How long until servers that do not have a change yet are asked again. */
const ASK_AGAIN_MS = 50
const NO_CHANGE = { add: [], remove: [] } as const

/** Ends what was begun with users. */
export class UserErrands implements Errands {
  readonly kind = 'user'
  readonly #tools: LifeTools

  constructor(tools: LifeTools) {
    this.#tools = tools
  }

  /** Users have nothing outside of their records. */
  resume(): void {}

  async round(region: string, id: string): Promise<Round> {
    const { store, clock } = this.#tools
    const user = store.get('user', region, id)
    if (!user || user.status === 'active') return 'done'
    if (user.stepDue > clock.now()) return { until: user.stepDue }
    if (user.status === 'modifying') return this.#finish(user)
    // A group that it is still in wakes it once it is not.
    else if (groupsOf(user, store).length === 0) this.#remove(user)
    return 'done'
  }

  async #finish(asked: UserRecord): Promise<Round> {
    const { store, clock } = this.#tools
    if (!(await serversKnow(groupsOf(asked, store), this.#tools))) return { until: clock.now() + ASK_AGAIN_MS }
    // It may have got tags meanwhile.
    const user = store.get('user', asked.region, asked.id)
    if (user?.status !== 'modifying') return 'again'
    store.change((change) => {
      change.put('user', { ...user, ...user.pending, pending: {}, status: 'active' })
      change.addEvent(eventOf('user', user, { kind: 'user-modified' }, this.#tools))
    })
    return 'done'
  }

  #remove(user: UserRecord): void {
    this.#tools.store.change((change) => {
      change.remove('user', user)
      change.addEvent(eventOf('user', user, { kind: 'user-deleted' }, this.#tools))
    })
  }
}

/** Ends what was begun with user groups. */
export class UserGroupErrands implements Errands {
  readonly kind = 'userGroup'
  readonly #tools: LifeTools

  constructor(tools: LifeTools) {
    this.#tools = tools
  }

  /** Groups have nothing outside of their records. */
  resume(): void {}

  async round(region: string, id: string): Promise<Round> {
    const { store, clock } = this.#tools
    const group = store.get('userGroup', region, id)
    if (!group || group.status === 'active') return 'done'
    if (group.stepDue > clock.now()) return { until: group.stepDue }
    if (group.status === 'deleting') this.#remove(group)
    else return this.#finish(group)
    return 'done'
  }

  async #finish({ region, id }: UserGroupRecord): Promise<Round> {
    const { store, clock } = this.#tools
    const asked = store.get('userGroup', region, id)
    if (asked && !(await serversKnow([asked], this.#tools))) return { until: clock.now() + ASK_AGAIN_MS }
    // A user that is deleted meanwhile is taken out of it as well: the servers are to know that too.
    const group = store.get('userGroup', region, id)
    if (!group || group !== asked) return 'again'
    const kind = group.status === 'creating' ? 'user-group-created' : 'user-group-modified'
    const { engine = group.engine } = group.pending
    store.change((change) => {
      change.put('userGroup', { ...group, engine, userIds: userIdsAfter(group), pending: NO_CHANGE, status: 'active' })
      change.addEvent(eventOf('user-group', group, { kind }, this.#tools))
    })
    this.#wake(group)
    return 'done'
  }

  #remove(group: UserGroupRecord): void {
    this.#tools.store.change((change) => {
      change.remove('userGroup', group)
      change.addEvent(eventOf('user-group', group, { kind: 'user-group-deleted' }, this.#tools))
    })
    this.#wake(group)
  }

  /** One of its users may have waited for the group to be without it. */
  #wake({ region, userIds }: UserGroupRecord): void {
    for (const id of userIds) this.#tools.wake('user', region, id)
  }
}

const eventOf = (
  sourceType: 'user' | 'user-group',
  { region, id: sourceIdentifier }: UserRecord | UserGroupRecord,
  event: EventFacts,
  { clock }: LifeTools,
): EventRecord => ({ region, sourceType, sourceIdentifier, event, date: clock.now() })
