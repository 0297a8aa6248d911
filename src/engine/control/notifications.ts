import { Fault } from '../../api/faults.ts'
import { CONTROL } from '../../api/local-engine.ts'
import type { NotificationSettings } from '../../api/notifications.ts'
import type { ControlHandler } from '../http/front-door.ts'
import type { Store } from '../store/store.ts'

const WEBHOOK = { region: 'engine', id: 'notifications' } as const
const LOOPBACK = /^(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i

/** `cachectl engine notifications --webhook`: where notifications go besides the file. */
export function notificationRoutes(store: Store): Record<string, ControlHandler> {
  const settings = (): NotificationSettings => ({
    webhook: store.get('webhook', WEBHOOK.region, WEBHOOK.id)?.url ?? null,
  })
  return {
    [`GET ${CONTROL.notifications}`]: settings,
    [`POST ${CONTROL.notifications}`]({ webhook }: NotificationSettings) {
      const record = { ...WEBHOOK, url: webhook === null ? '' : checkedUrl(webhook) }
      store.change((change) => (webhook === null ? change.remove('webhook', record) : change.put('webhook', record)))
      return settings()
    },
  }
}

/** The engine sends nothing beyond this machine. */
function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' || !LOOPBACK.test(url.hostname)) {
    throw new Fault('InvalidParameterValue', `The webhook must be an http URL of this machine's loopback, not ${text}.`)
  }
  return text
}
