/** What `cachectl dns` prints: a look in full, and what has changed since the one before. */
import type { DnsReply } from '../../../diagnose/dns-query.ts'
import type { NameSurvey, ServerView } from '../../../diagnose/dns-survey.ts'
import type { FamilyLookup } from '../../../diagnose/family-lookup.ts'
import type { ResolvConf } from '../../../diagnose/resolv-conf.ts'
import type { TriedName } from '../../../diagnose/search-survey.ts'
import { privateServerOf } from '../../../net/private-zone.ts'
import { endpoint } from '../../../net/target.ts'
import type { Style } from '../../output/style.ts'
import { tableText } from '../../output/table.ts'

/** One name and all that was asked about it. JSON-able. */
export interface NameLook {
  readonly asked: string
  readonly survey: NameSurvey
  readonly tried: readonly TriedName[]
  /** As programs on this host look it up; absent when other servers than theirs were asked. */
  readonly getaddrinfo?: readonly FamilyLookup[]
}

export function lookText(look: NameLook, conf: ResolvConf, style: Style): string {
  const { asked, survey, tried, getaddrinfo } = look
  const { name, views } = survey
  const rows = views.flatMap((view) => [row(view, view.a), row(view, view.aaaa)])
  const searched = tried.map((each) => `${each.name} (${each.outcome})`).join(', ')
  return [
    name,
    ...(conf.search.length > 0 && !asked.endsWith('.')
      ? [`Tried as glibc does (search ${conf.search.join(' ')}, ndots:${conf.ndots}): ${searched}`]
      : []),
    ...(conf.options.length > 0 ? [`Options of resolv.conf: ${conf.options.join(' ')}`] : []),
    tableText(['Server', 'Asked for', { long: 'Answer' }, 'TTL', 'Took'], rows, style),
    ...aliasLines(name, views),
    ...views.flatMap((view) => (view.nat64 ? [`${serverText(view)} does DNS64 under ${view.nat64.join(', ')}`] : [])),
    ...(getaddrinfo ? [`getaddrinfo here: ${getaddrinfo.map(familyText).join('; ')}`] : []),
    // Its own name server has told of it above.
    ...(getaddrinfo && !isKnownHere(getaddrinfo) && privateServerOf(survey.name)
      ? ['Programs on this host do not find it, cachectl apart. To change that: cachectl engine dns enable']
      : []),
    ...(isKnownHere(getaddrinfo) && views.every(({ ipv4, ipv6 }) => ipv4.length + ipv6.length === 0)
      ? ['This host has the addresses from /etc/hosts or another name service, not from DNS.']
      : []),
  ].join('\n')
}

function row(view: ServerView, reply: DnsReply): string[] {
  const addresses = reply.type === 'A' ? view.ipv4 : view.ipv6
  const answer = addresses.map(({ address, translates }) =>
    translates ? `${address} (DNS64 for ${translates})` : address,
  )
  return [
    serverText(view),
    reply.type,
    answer.join('\n') || (reply.code ?? reply.outcome),
    addresses.map(({ ttl }) => `${ttl} s`).join('\n') || '-',
    `${reply.ms.toFixed(1)} ms${reply.transport === 'tcp' ? ' (TCP)' : ''}`,
  ]
}

/** A line for each way the servers tell of the aliases: usually one. */
function aliasLines(name: string, views: readonly ServerView[]): string[] {
  const told = new Map<string, { chain: ServerView['chain']; end: ServerView['chainEnd']; servers: string[] }>()
  for (const view of views) {
    if (view.chain.length === 0) continue
    const key = view.chain.map(({ data }) => data).join(' ')
    const same = told.get(key) ?? { chain: view.chain, end: view.chainEnd, servers: [] }
    told.set(key, same)
    same.servers.push(serverText(view))
  }
  const ends = { none: '', addresses: '', dangling: ' (which has no address)', loop: ' (a circle)' } as const
  return [...told.values()].map(({ chain, end, servers }) => {
    const by = told.size > 1 ? ` by ${servers.join(', ')}` : ''
    return `Alias${by}: ${[name, ...chain.map(({ data, ttl }) => `${data} (${ttl} s)`)].join(' -> ')}${ends[end]}`
  })
}

function familyText({ family, addresses, code, ms }: FamilyLookup): string {
  const who = family === 'any' ? 'both families' : `IPv${family}`
  const said =
    addresses.map(({ address }) => address).join(', ') || (code === 'timeout' ? 'no answer' : (code ?? 'none'))
  return `${who} ${said} in ${ms.toFixed(1)} ms`
}

export const isKnownHere = (lookups: readonly FamilyLookup[] = []): boolean =>
  lookups.some(({ addresses }) => addresses.length > 0)

const serverText = ({ server }: ServerView): string => endpoint(server.address, server.port)

/** What of a look can change in a way that matters: not its times, not what is left of a TTL. */
export const factsOf = (looks: readonly NameLook[]): ReadonlySet<string> =>
  new Set(
    looks.flatMap(({ survey: { name, views } }) =>
      views.flatMap((view) => {
        const at = `${name} @${serverText(view)}`
        const failed = [view.a, view.aaaa].filter(({ outcome }) => outcome !== 'answered' && outcome !== 'no-data')
        return [
          ...view.ipv4.map(({ address }) => `${at} A ${address}`),
          ...view.ipv6.map(({ address }) => `${at} AAAA ${address}`),
          ...view.chain.map(({ data }) => `${at} CNAME ${data}`),
          ...failed.map(({ type, code, outcome }) => `${at} ${type} ${code ?? outcome}`),
        ]
      }),
    ),
  )

/** `+` what is new, `-` what is gone. */
export const changedFacts = (before: ReadonlySet<string>, now: ReadonlySet<string>): string[] => [
  ...[...before].filter((each) => !now.has(each)).map((each) => `- ${each}`),
  ...[...now].filter((each) => !before.has(each)).map((each) => `+ ${each}`),
]
