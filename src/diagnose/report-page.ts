import { endpoint } from '../net/target.ts'
import { SEATS, type Seat } from './causes/cause.ts'
import { causeOf } from './causes/index.ts'
import { escaped as esc } from './escaped.ts'
import type { AddressEvidence, Evidence } from './evidence.ts'
import type { Finding } from './finding.ts'
import { type Bucket, histogram } from './histogram.ts'
import { percentile } from './statistics.ts'

export interface ReportPage {
  /** What was looked at: `shop`, `cache.example.com:11211`. */
  readonly subject: string
  /** ISO 8601, UTC. */
  readonly at: string
  /** The line that was run. */
  readonly command: string
  readonly evidence: Evidence
  readonly findings: readonly Finding[]
  /** What was seen and no finding accounts for. */
  readonly unexplained: NonNullable<Finding['explains']>
  /** No cause was found, and something is broken. */
  readonly unclear: boolean
  readonly practices: readonly Finding[]
  /** Names and values of the host and programs it was run with. */
  readonly environment: readonly (readonly [name: string, value: string])[]
}

/**
 * One page for people who were not there: the cause, what follows, latencies, and all that was seen. Nothing is loaded
 * from elsewhere, no script runs, and whatever comes from a server or a command line is escaped. Pure.
 */
export function reportPage(page: ReportPage): string {
  const { subject, at, evidence, findings, practices } = page
  const problems = findings.filter(({ severity }) => severity !== 'note')
  const notes = findings.filter(({ severity }) => severity === 'note')
  const [first] = problems
  // Of several faults at once, each is a cause of its own.
  const main = problems.filter(({ severity }) => severity === first?.severity)
  const others = problems.filter((each) => !main.includes(each))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${esc(`cachectl doctor: ${subject}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<p class="quiet">cachectl doctor, ${esc(at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'))}</p>
<h1>${esc(subject)}</h1>
${first ? main.map(causeCard).join('\n') : opening(page)}
</header>
${section('On the way', seatsChart(problems))}
${section('Also found', findingsHtml(others))}
${section('Not explained', signsHtml(page.unexplained))}
${section('To know', findingsHtml(notes))}
${section('Connections', connectionsHtml(evidence))}
${section('Latency per address', latencyHtml(evidence.addresses))}
${section('Nodes', nodesHtml(evidence.addresses))}
${section('Clusters, by the API', clustersHtml(evidence))}
${section('Names', namesHtml(evidence))}
${section('Good practice', practicesHtml(practices))}
${section('Where this was seen from', environmentHtml(page))}
</main>
</body>
</html>
`
}

const section = (title: string, body: string): string =>
  body === '' ? '' : `<section>\n<h2>${esc(title)}</h2>\n${body}\n</section>`

const causeCard = (finding: Finding): string => `<div class="cause ${finding.severity}">
<p class="quiet">The cause</p>
<p class="verdict">${esc(finding.sentence)}</p>
${factsOf(finding)}
</div>`

const opening = ({ unclear }: ReportPage): string =>
  unclear
    ? '<p class="verdict">Something is wrong, and no cause that is known here explains it.</p>'
    : '<p class="verdict good">Healthy: nothing stands between this host and the cache.</p>'

const signsHtml = (signs: NonNullable<Finding['explains']>): string =>
  signs.length === 0 ? '' : `<ul>${signs.map(({ sentence }) => `<li>${esc(sentence)}</li>`).join('')}</ul>`

const factsOf = ({ id, hint, fix, evidence, check, source, explains = [], rivals = [] }: Finding): string => `<dl>
<dt>Fix</dt><dd>${fixHtml(hint, fix)}</dd>
${evidence ? `<dt>Seen by</dt><dd><code>${esc(evidence)}</code></dd>` : ''}
${check ? `<dt>Helped?</dt><dd><code>${esc(check)}</code></dd>` : ''}
${explains.length > 0 ? `<dt>Explains</dt><dd>${signsHtml(explains)}</dd>` : ''}
${rivals.map((each) => `<dt>Or</dt><dd>${esc(each.sentence)} (${esc(each.id)})${each.evidence ? ` <code>${esc(each.evidence)}</code>` : ''}${each.saw ? ` It was run, and told: ${esc(each.saw)}` : ''}</dd>`).join('')}
${source ? `<dt>Source</dt><dd class="quiet">${esc(source)}</dd>` : ''}
<dt>Rule</dt><dd class="quiet">${esc(id)}: ${esc(causeOf(id)?.title ?? '')}</dd>
</dl>`

/** The command in it told apart from the words. */
const fixHtml = (hint: string, fix = ''): string => {
  const at = fix === '' ? -1 : hint.indexOf(fix)
  if (at < 0) return esc(hint)
  return `${esc(hint.slice(0, at))}<code>${esc(fix)}</code>${esc(hint.slice(at + fix.length))}`
}

const findingsHtml = (findings: readonly Finding[]): string =>
  findings
    .map(
      (finding) =>
        `<details class="${finding.severity}"${finding.severity === 'failure' ? ' open' : ''}><summary>${esc(finding.sentence)}</summary>${factsOf(finding)}</details>`,
    )
    .join('\n')

const SEAT_WORDS: Readonly<Partial<Record<Seat, string>>> = {
  api: 'API',
  cluster: 'cluster',
  dns: 'names',
  host: 'this host',
  way: 'network',
  node: 'server',
  certificate: 'certificate',
  list: 'discovery',
  program: 'programs',
}

/** Where causes sit, in the order of a connection, each in the colour of the worst that was found there. */
function seatsChart(problems: readonly Finding[]): string {
  const seats = SEATS.filter((seat) => SEAT_WORDS[seat] !== undefined)
  const worst = (seat: Seat): string => {
    const own = problems.filter(({ id }) => causeOf(id)?.seat === seat)
    return own.some(({ severity }) => severity === 'failure') ? 'failure' : own.length > 0 ? 'warning' : 'good'
  }
  const step = 112
  const marks = seats.map((seat, at) => {
    const [x, state] = [56 + at * step, worst(seat)]
    const line = at === 0 ? '' : `<line x1="${x - step + 14}" y1="22" x2="${x - 14}" y2="22" class="axis"/>`
    const sign = state === 'failure' ? '\u2715' : state === 'warning' ? '!' : '\u2713'
    return `${line}<circle cx="${x}" cy="22" r="13" class="dot ${state}"/><text x="${x}" y="27" class="sign">${sign}</text><text x="${x}" y="54" class="label">${SEAT_WORDS[seat]}</text>`
  })
  const told = seats.map((seat) => `${SEAT_WORDS[seat]}: ${worst(seat)}`).join(', ')
  return `<svg viewBox="0 0 ${seats.length * step} 62" role="img" aria-label="${esc(told)}">${marks.join('')}</svg>`
}

const timesOf = ({ attempts }: AddressEvidence): number[] =>
  attempts.flatMap(({ outcome, ms }) => (outcome === 'connected' ? [ms] : []))

const millis = (ms: number): string => `${ms < 10 ? ms.toFixed(2) : Math.round(ms)} ms`

function connectionsHtml({ addresses }: Evidence): string {
  const rows = addresses.map((one) => {
    const { place, address, port, source, attempts, words, tls } = one
    const times = timesOf(one)
    const lost = attempts.filter(({ outcome }) => outcome !== 'connected')
    const spoken = tls?.outcome === 'established' ? (tls.protocol ?? 'TLS') : words?.connected ? words.speaker : '-'
    return [
      `${place.cluster ?? ''} ${place.role}`.trim(),
      endpoint(address, port),
      'address' in source ? source.address : `none (${source.code})`,
      times.length > 0 ? `${times.length} of ${attempts.length}` : (lost[0]?.outcome ?? '-'),
      times.length > 0 ? millis(percentile(times, 50)) : '-',
      spoken,
    ]
  })
  return tableHtml(['Place', 'Address', 'Sent from', 'Connected', 'Median', 'Speaks'], rows)
}

const HEIGHT = 64
const BAR = 26

function latencyHtml(addresses: readonly AddressEvidence[]): string {
  const charts = addresses.flatMap((one) => {
    const times = timesOf(one)
    if (times.length === 0) return []
    const title = `${endpoint(one.address, one.port)} (IPv${one.family})`
    const lost = one.attempts.length - times.length
    const told = `median ${millis(percentile(times, 50))}, 90 % within ${millis(percentile(times, 90))}${lost > 0 ? `, ${lost} lost` : ''}`
    return [
      `<figure><figcaption>${esc(title)}<br><span class="quiet">${esc(told)}</span></figcaption>${bars(histogram(times), told)}</figure>`,
    ]
  })
  return charts.length === 0 ? '' : `<div class="charts">${charts.join('\n')}</div>`
}

function bars(buckets: readonly Bucket[], told: string): string {
  const most = Math.max(...buckets.map(({ count }) => count))
  const drawn = buckets.map(({ from, to, count }, at) => {
    const height = Math.round((count / most) * HEIGHT)
    const x = at * BAR + 4
    return `<g><title>${from}-${to} ms: ${count}</title><rect x="${x}" y="${HEIGHT - height + 12}" width="${BAR - 6}" height="${height}" class="bar"/>${count > 0 ? `<text x="${x + (BAR - 6) / 2}" y="${HEIGHT - height + 9}" class="count">${count}</text>` : ''}<text x="${x + (BAR - 6) / 2}" y="${HEIGHT + 24}" class="tick">${from}</text></g>`
  })
  const width = Math.max(150, buckets.length * BAR + 30)
  return `<svg viewBox="0 0 ${width} ${HEIGHT + 30}" width="${width}" role="img" aria-label="${esc(told)}"><line x1="0" x2="${width}" y1="${HEIGHT + 12}" y2="${HEIGHT + 12}" class="axis"/>${drawn.join('')}<text x="${width - 4}" y="${HEIGHT + 24}" class="unit">ms</text></svg>`
}

/** How full each node is: connections and memory. */
function nodesHtml(addresses: readonly AddressEvidence[]): string {
  const rows = [...new Map(addresses.map((one) => [endpoint(one.address, one.port), one]))].flatMap(
    ([where, { answers, place }]) => {
      if (!answers || Object.keys(answers.stats).length === 0) return []
      const {
        curr_connections: used = 0,
        bytes = 0,
        limit_maxbytes: limit = 0,
        evictions = 0,
        curr_items: items = 0,
      } = answers.stats
      const most = answers.stats.max_connections ?? answers.settings.maxconns ?? 0
      return [
        `<tr><td>${esc(`${place.cluster ?? ''} ${place.role}`.trim())}</td><td>${esc(where)}</td><td>${gauge(used, most)} ${used} of ${most || '?'}</td><td>${gauge(bytes, limit)} ${Math.round(bytes / 1024)} of ${Math.round(limit / 1024)} KiB</td><td>${items}</td><td>${evictions}</td></tr>`,
      ]
    },
  )
  if (rows.length === 0) return ''
  return `<div class="wide"><table><thead><tr><th>Place</th><th>Address</th><th>Connections</th><th>Memory</th><th>Items</th><th>Evictions</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

function gauge(used: number, most: number): string {
  const share = most > 0 ? Math.min(1, used / most) : 0
  return `<svg viewBox="0 0 60 8" width="60" height="8" aria-hidden="true"><rect width="60" height="8" rx="2" class="track"/><rect width="${(share * 60).toFixed(1)}" height="8" rx="2" class="${share >= 0.9 ? 'bar full' : 'bar'}"/></svg>`
}

const clustersHtml = ({ clusters, api }: Evidence): string =>
  clusters.length === 0
    ? ''
    : tableHtml(
        ['Cluster', 'Status', 'Engine', 'Nodes', 'Network', 'IP discovery', 'TLS', 'Parameters', 'Maintenance (UTC)'],
        clusters.map((each) => [
          each.id,
          each.status,
          `${each.engine} ${each.engineVersion ?? ''}`.trim(),
          String(each.numCacheNodes),
          each.networkType,
          each.ipDiscovery,
          each.tls ? 'yes' : 'no',
          `${each.parameterGroup ?? '-'} ${each.parameterApplyStatus ?? ''}`.trim(),
          each.maintenanceWindow ?? '-',
        ]),
      ) +
      (api?.events && api.events.length > 0
        ? `<details><summary>Events of the last day</summary>${tableHtml(
            ['When', 'What'],
            api.events.slice(0, 50).map(({ at, source, message }) => [at, `${source}: ${message}`]),
          )}</details>`
        : '') +
      (api && api.refused.length > 0
        ? `<p class="quiet">Not answered: ${esc(api.refused.map(({ operation, code }) => `${operation} (${code})`).join(', '))}</p>`
        : '')

const namesHtml = ({ hosts }: Evidence): string =>
  tableHtml(
    ['Name', 'Addresses, in the order clients here try them', 'From', 'Took'],
    hosts.map(({ host, lookup, asksDns, listed = [] }) => [
      host,
      lookup.ok ? lookup.addresses.map(({ address }) => address).join(', ') : lookup.detail,
      listed.length > 0 ? '/etc/hosts' : asksDns ? 'DNS' : 'as given',
      millis(lookup.ms),
    ]),
  )

const practicesHtml = (practices: readonly Finding[]): string =>
  practices.length === 0
    ? ''
    : `<p class="quiet">Nothing of this is broken.</p><ul>${practices.map(({ id, sentence, hint, source }) => `<li>${esc(sentence)} <span class="quiet">${esc(hint)} (${esc(id)}; ${esc(source ?? '')})</span></li>`).join('')}</ul>`

const environmentHtml = ({ environment, command }: ReportPage): string =>
  `<p><code>${esc(command)}</code></p>${tableHtml(['', ''], environment)}`

function tableHtml(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const heads = head.some(Boolean)
    ? `<thead><tr>${head.map((each) => `<th>${esc(each)}</th>`).join('')}</tr></thead>`
    : ''
  const body = rows.map((cells) => `<tr>${cells.map((each) => `<td>${esc(each)}</td>`).join('')}</tr>`).join('')
  return `<div class="wide"><table>${heads}<tbody>${body}</tbody></table></div>`
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --quiet: #5b6672; --paper: #ffffff; --line: #d6dce2; --card: #f5f7f9; --good: #1a7f4b; --bad: #b3261e; --warn: #8a5a00; --bar: #3b6fb6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --quiet: #9aa5b1; --paper: #14171a; --line: #343b42; --card: #1d2226; --good: #57c98a; --bad: #ff8a80; --warn: #e5b454; --bar: #7aa7e6; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 64rem; margin: 0 auto; padding: 2rem 1rem 4rem }
h1 { margin: 0 0 1rem; font-size: 1.6rem; overflow-wrap: anywhere } h2 { margin: 2.5rem 0 .75rem; font-size: 1.1rem }
.quiet { color: var(--quiet); font-size: .875rem; margin: 0 }
.verdict { font-size: 1.25rem; margin: .25rem 0 .75rem; overflow-wrap: anywhere } .verdict.good { color: var(--good) }
.cause { background: var(--card); border-left: .3rem solid var(--warn); padding: 1rem 1.25rem } .cause.failure { border-color: var(--bad) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0 } dt { color: var(--quiet) } dd { margin: 0; overflow-wrap: anywhere } dd ul { margin: 0; padding-left: 1.1rem } .cause + .cause { margin-top: 1rem }
code { font: .875rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere }
details { border: 1px solid var(--line); border-left: .3rem solid var(--line); padding: .5rem 1rem; margin: .5rem 0 } details.failure { border-left-color: var(--bad) } details.warning { border-left-color: var(--warn) }
summary { cursor: pointer; overflow-wrap: anywhere } details dl { margin-top: .5rem }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .9rem } th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top } th { color: var(--quiet); font-weight: 500 }
.charts { display: flex; flex-wrap: wrap; gap: 1.5rem } figure { margin: 0 } figcaption { font-size: .875rem }
svg { max-width: 100%; height: auto } svg text { fill: var(--ink); font: 11px system-ui, sans-serif; text-anchor: middle } svg .tick, svg .unit { fill: var(--quiet); font-size: 9px } svg .unit { text-anchor: end } svg .count { font-size: 9px }
.axis { stroke: var(--line) } .bar { fill: var(--bar) } .bar.full { fill: var(--bad) } .track { fill: var(--line) }
.dot { fill: var(--good) } .dot.failure { fill: var(--bad) } .dot.warning { fill: var(--warn) } svg .sign { fill: var(--paper); font-weight: 700; font-size: 13px }
@media print { details { break-inside: avoid } }
`
