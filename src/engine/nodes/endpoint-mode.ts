import type { EndpointMode } from '../../api/local-names.ts'
import type { Store } from '../store/store.ts'

const RECORD = { region: 'engine', id: 'endpoints' } as const

/**
 * How endpoints of what is created are told: kept in the engine's state. What there is keeps what it was created with. The port of
 * the engine's name server is kept as well, for hosts are told of it.
 */
export class EndpointModes {
  readonly mode: EndpointMode
  readonly #store: Store
  #dnsPort: number | undefined

  /** @param asked What the engine is started with; absent: what it was started with before. */
  constructor(store: Store, asked: EndpointMode | undefined) {
    this.#store = store
    const known = store.get('endpointMode', RECORD.region, RECORD.id)
    this.mode = asked ?? known?.mode ?? 'ports'
    this.#dnsPort = known?.dnsPort
    this.remember()
  }

  /** The name server's at the last start. */
  get dnsPort(): number | undefined {
    return this.#dnsPort
  }

  set dnsPort(port: number | undefined) {
    this.#dnsPort = port
    this.remember()
  }

  /** Again after everything was forgotten. */
  remember(): void {
    const { mode } = this
    const known = this.#store.get('endpointMode', RECORD.region, RECORD.id)
    const isPlain = mode === 'ports' && this.#dnsPort === undefined && known === undefined
    if (isPlain || (known?.mode === mode && known.dnsPort === this.#dnsPort)) return
    const port = this.#dnsPort === undefined ? {} : { dnsPort: this.#dnsPort }
    this.#store.change((change) => change.put('endpointMode', { ...RECORD, mode, ...port }))
  }
}
