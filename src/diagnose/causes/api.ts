/** The API itself: it is not there, it does not answer, or it does not believe this host's clock. */
import { HEALTH_PATH } from '../../api/local-engine.ts'
import { kebabCase } from '../../api/names.ts'
import { shell, shellWord } from '../../api/shell.ts'
import type { AddressEvidence } from '../evidence.ts'
import { clockAheadMs, type FailedCall, type ServiceEvidence } from '../service.ts'
import type { ServiceLook } from '../service-look.ts'
import { amid, type Cause, failure, type Seen, type Suspicion, shows, warning } from './cause.ts'
import { duration } from './durations.ts'
import { listenerAt } from './signs/programs.ts'
import { apiAt, engineAt } from './signs/service.ts'

const MEASURED = 'Measured'

export const apiCauses: readonly Cause[] = [
  {
    id: 'E01',
    title: 'the API takes requests and never answers',
    seat: 'api',
    source: `${MEASURED}: a hung server, a proxy without a target, packets that are dropped`,
    odds: 0.03,
    suspect: (seen) =>
      whereItFailed(seen, ['silent', 'no-connection', 'unfinished', 'answered', undefined], (service, failed) => {
        const waited = `${failed.operation} was waited for ${duration(Math.max(1000, failed.ms))}`
        return failure(
          apiAt(service),
          `The API at ${apiAt(service)} ${HANGS[service.look?.outcome ?? 'silent'] ?? HANGS.silent}: ${waited}.`,
          service.kind === 'local'
            ? amid('', RESTART, goOn(seen))
            : `Look at what stands there, or before it: a proxy, a firewall, a VPC endpoint. ${goOn(seen)}`,
          ask(service),
        )
      }),
  },
  {
    id: 'E02',
    title: 'the API can not be reached',
    seat: 'api',
    source: MEASURED,
    odds: 0.05,
    suspect: (seen) =>
      whereItFailed(
        seen,
        ['refused', 'unreachable', 'unresolved', 'reset', 'other-protocol', 'failed'],
        (service, failed) =>
          failure(
            apiAt(service),
            `The API at ${apiAt(service)} ${REFUSES[service.look?.outcome ?? 'failed'] ?? `can not be reached: ${failed.message}`}.`,
            amid('', service.kind === 'local' ? START : CHECK_TARGET, goOn(seen)),
            ask(service),
          ),
      ),
  },
  {
    id: 'E03',
    title: "the engine's process is stopped by a signal",
    seat: 'api',
    source: 'proc(5): state T; signal(7): SIGSTOP, SIGTSTP',
    odds: 0.02,
    suspect: (seen) =>
      ofEngine(seen, 'engine-held', ({ pid, stateDir }) => ({
        told: failure(
          engineAt({ pid, stateDir, state: 'stopped' }),
          `The engine with pid ${pid} is stopped by a signal (SIGSTOP, Ctrl-Z or a debugger): its API and its nodes take connections and answer nothing.`,
          ['Let it go on:', `kill -CONT ${pid}`],
          `ps -o pid,stat,lstart,args -p ${pid}`,
        ),
        hidesNodes: 0.9,
      })),
  },
  {
    id: 'E04',
    title: 'the engine was killed, or its machine went down',
    seat: 'api',
    source: 'Measured: engine.json is left behind by kill -9',
    odds: 0.03,
    suspect: (seen) =>
      ofEngine(seen, 'engine-gone', ({ pid, startedAt, stateDir }) => ({
        told: failure(
          engineAt({ pid, stateDir, state: 'gone' }),
          `The engine with pid ${pid}${startedAt ? `, started ${startedAt},` : ''} is gone, and was not stopped as usual: it was killed, or the machine went down. Its nodes are gone with it.`,
          ['', 'cachectl engine start', 'It comes back with its clusters; what was in the caches is lost.'],
          `ps -p ${pid}; tail ${shellWord(`${stateDir}/engine.log`)}`,
        ),
        hidesNodes: 0.8,
      })),
  },
  {
    id: 'E05',
    title: 'the engine is starting',
    seat: 'api',
    source: `GET ${HEALTH_PATH} answers 503 until the API does`,
    odds: 0.05,
    suspect: (seen) =>
      ofEngine(seen, 'engine-starting', ({ pid, stateDir }) => {
        const { look, url } = seen.evidence.service ?? {}
        const waits = look?.health?.waitsFor
        return {
          told: failure(
            engineAt({ pid, stateDir, state: 'starting' }),
            `The engine with pid ${pid} is starting${waits === undefined ? '' : `: it waits for ${waits}`}.`,
            'Wait a moment; cachectl engine logs tells what takes long.',
            url === undefined || url === '' ? `ps -o pid,stat,lstart,args -p ${pid}` : healthCommand(url),
          ),
          hidesNodes: 0.8,
        }
      }),
  },
  {
    id: 'E06',
    title: "this host's clock and the API's are apart",
    seat: 'api',
    source: 'Signature Version 4: requests are valid for minutes; RFC 9110, 6.6.1: Date',
    odds: 0.03,
    suspect: (seen) =>
      seen.of('clock-off').map((sign): Suspicion => {
        const { service } = seen.evidence
        const ahead = (service && clockAheadMs(service)) ?? 0
        const refused = seen.of('api-refuses')
        const stale = seen.of('out-of-date').filter(({ address }) => address && isValidAt(address, service))
        const tell = refused.length + stale.length > 0 ? failure : warning
        const effects = [
          ...(refused.length > 0 ? [`signatures are refused (${service?.failed?.code ?? 'no code'})`] : []),
          ...(stale.length > 0 ? ['certificates that are valid are taken for out of date'] : []),
        ]
        return {
          ...tell(
            sign.at,
            `The clock of this host is ${duration(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} that of the API (${service?.look?.clock?.there}, and here ${service?.look?.clock?.here})${effects.length > 0 ? `: ${effects.join(', and ')}` : '; signatures and certificates that are not valid yet, or no more, follow from it'}.`,
            [
              'Set the clock of whichever is wrong (chronyc makestep, where chrony runs); here:',
              'timedatectl set-ntp true',
            ],
            service?.url === undefined ? 'date -u' : `${shell`curl -sI ${service.url}`} | grep -i ^date; date -u`,
          ),
          explains: [...shows(0.99, sign), ...shows(0.95, ...refused), ...shows(0.95, ...stale)],
        }
      }),
  },
  {
    id: 'E07',
    title: 'something else answers in place of the API',
    seat: 'api',
    source: `${MEASURED}: pages of proxies, load balancers and sign-ins are no XML of ElastiCache`,
    odds: 0.1,
    suspect: (seen) =>
      whereItFailed(seen, ['answered', undefined], (service, { foreignStatus, operation }) =>
        foreignStatus === undefined
          ? undefined
          : failure(
              apiAt(service),
              `What answers at ${apiAt(service)} is not the API: ${operation} came back with HTTP status ${foreignStatus}, and no answer of ElastiCache in it.`,
              `${foreignStatus >= 500 ? 'A load balancer or proxy before the API has no way to it: see its log.' : 'Check --endpoint-url, HTTPS_PROXY and sign-ins on the way.'} ${goOn(seen)}`,
              ask(service),
            ),
      ),
  },
  {
    id: 'E08',
    title: 'the API answers some calls and leaves others unanswered',
    seat: 'api',
    source: `${MEASURED}: calls beside each other`,
    suspect: ({ evidence: { api, service } }) => {
      const waited = (api?.refused ?? []).filter(({ waitedMs = 0 }) => waitedMs > LONG_MS)
      const { look } = service ?? {}
      // Where all of it is slow, or this host is, none of them hangs.
      if (!service || waited.length === 0 || look?.outcome !== 'answered' || look.ms > SOON_MS) return []
      const operations = waited.map(({ operation }) => operation).join(', ')
      return [
        warning(
          apiAt(service),
          `The API at ${apiAt(service)} answers other calls, and not ${operations}: what only ${waited.length === 1 ? 'that tells' : 'those tell'} is not known.`,
          [
            'Ask again with more time:',
            'cachectl doctor --patient',
            'If it stays so, see its log, or the AWS Health Dashboard.',
          ],
          shell`cachectl ${kebabCase(waited[0]?.operation ?? '')} --cli-read-timeout 60`,
        ),
      ]
    },
  },
]

const LONG_MS = 3000
const SOON_MS = 1000

const RESTART = ['The engine hangs:', 'cachectl engine stop; cachectl engine start'] as const
const START = ['Start the engine:', 'cachectl engine start'] as const
const CHECK_TARGET = 'Check --endpoint-url, --target and AWS_ENDPOINT_URL; --target aws means AWS itself.'
/** What becomes of the rest. */
function goOn({ evidence: { service, at } }: Seen): string {
  const known = service?.lastKnownAt
  if (known === undefined) return 'Places that are named go on: cachectl doctor host:port'
  const ago = Date.parse(at ?? '') - Date.parse(known)
  return `The rest was looked at as the API told of it${Number.isNaN(ago) ? '' : ` ${duration(Math.max(1000, ago))} ago`} (${known}).`
}

const HANGS: Readonly<Record<string, string>> = {
  silent: 'takes connections and never answers',
  'no-connection': 'does not answer: packets to it are dropped, or nothing is there',
  unfinished: 'begins its answers and does not end them',
  answered: 'answers other questions, and not this one',
}

const REFUSES: Readonly<Record<string, string>> = {
  refused: 'refuses connections: nothing listens there',
  unreachable: 'can not be reached from this host: there is no way to it',
  unresolved: 'has a name that does not resolve',
  reset: 'resets connections',
  'other-protocol': 'does not speak HTTP as its URL says',
}

const ask = ({ url }: ServiceEvidence): string =>
  url === undefined ? 'cachectl target list' : shell`curl -sSi --max-time 5 ${url}`

const healthCommand = (url: string): string => shell`curl -sS --max-time 5 ${new URL(HEALTH_PATH, url).href}`

/** Of the API that told nothing, where the plain question came to one of these. */
function whereItFailed(
  seen: Seen,
  outcomes: readonly (ServiceLook['outcome'] | undefined)[],
  tell: (service: ServiceEvidence, failed: FailedCall) => Omit<Suspicion, 'explains'> | undefined,
): Suspicion[] {
  const { service } = seen.evidence
  const signs = seen.of('api-out')
  if (!service?.failed || signs.length === 0 || !outcomes.includes(service.look?.outcome)) return []
  const told = tell(service, service.failed)
  return told ? [{ ...told, explains: shows(0.95, ...signs) }] : []
}

/** What an engine that is not at work makes show: at its API, and at its nodes. */
function ofEngine(
  seen: Seen,
  kind: 'engine-held' | 'engine-gone' | 'engine-starting',
  tell: (engine: NonNullable<ServiceEvidence['engine']>) => { told: Omit<Suspicion, 'explains'>; hidesNodes: number },
): Suspicion[] {
  const { engine } = seen.evidence.service ?? {}
  const signs = seen.of(kind)
  if (!engine || signs.length === 0) return []
  const { told, hidesNodes } = tell(engine)
  const nodes = seen
    .of('refused', 'timeout', 'silent', 'unacknowledged', 'closed', 'reset')
    .filter(({ address }) => address && isOfEngine(address))
  return [
    {
      ...told,
      explains: [
        ...shows(0.99, ...signs),
        ...shows(0.95, ...seen.of('api-out', 'api-refuses')),
        ...shows(hidesNodes, ...nodes),
        ...shows(
          0.95,
          ...seen.of('listener-held').filter(({ address }) => address && servedBy(seen, address, engine.pid)),
        ),
      ],
    },
  ]
}

const servedBy = (seen: Seen, one: AddressEvidence, pid: number): boolean => listenerAt(seen.evidence, one)?.pid === pid

/** Its nodes listen on loopback. */
const isOfEngine = ({ address }: AddressEvidence): boolean => address === '::1' || address.startsWith('127.')

/** Every certificate of the chain is valid by the API's clock. */
function isValidAt({ tls }: AddressEvidence, service: ServiceEvidence | undefined): boolean {
  const there = Date.parse(service?.look?.clock?.there ?? '')
  return (tls?.chain ?? []).every(
    ({ validFrom, validTo }) => Date.parse(validFrom) <= there && there <= Date.parse(validTo),
  )
}
