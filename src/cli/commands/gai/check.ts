import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type AddressCheck, checkAddressOrder } from '../../../diagnose/gai-check.ts'
import { endpointsOf } from '../../caches/cache.ts'
import { withClient } from '../../caches/client.ts'
import { findCache } from '../../caches/find.ts'
import { readPlace } from '../../caches/place.ts'
import { cacheWord } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { environment } from '../../environment.ts'
import { type GlobalOptions, globalFlags } from '../../global-flags.ts'
import type { Style } from '../../output/style.ts'
import { tableText } from '../../output/table.ts'
import { ExitWith, Problem } from '../../problem.ts'
import { tell } from '../../terminal.ts'
import { fileFlag, fileOf } from './flags.ts'
import { comparisonLine } from './order.ts'

const NOT_FOUND = 1

export const gaiCheck = command({
  summary: 'Which address of a cluster do clients on this host take first, and why',
  description:
    'Looks the names up, asks the kernel for the source address of each candidate, predicts the order, compares it with what getaddrinfo really gives, and says what each common runtime does with it. Sends nothing but name lookups.',
  words: {
    where: cacheWord('id of a cluster, name of a serverless cache, or a host name'),
  },
  flags: { ...fileFlag, ...globalFlags },
  examples: ['gai check shop', 'gai check localhost --output json'],
  forms: {},
  async run({ words, flags, print }) {
    const { hosts, bothLoopbacks = false } = await hostsOf(words.where, flags)
    const checks = await Promise.all(hosts.map((host) => checkAddressOrder(host, undefined, fileOf(flags))))
    if (bothLoopbacks && checks.some((check) => check.ok && check.host === 'localhost' && check.real.length === 1)) {
      tell('The nodes listen on 127.0.0.1 and ::1; localhost names only one of them on this host (see /etc/hosts).')
    }
    await print.answer(checks, (shown, style) =>
      shown.map((each) => (each.ok ? describe(each, style) : `${each.target}: ${each.detail}`)).join('\n'),
    )
    if (checks.some(({ ok }) => !ok)) throw new ExitWith(NOT_FOUND)
  },
})

async function hostsOf(place: string, flags: GlobalOptions): Promise<{ hosts: string[]; bothLoopbacks?: boolean }> {
  const read = readPlace(place)
  if ('host' in read) return { hosts: [read.host] }
  return withClient(flags, async (client) => {
    const cache = await findCache(client, read.cluster)
    const ends = [...(cache.configuration ? [cache.configuration] : []), ...endpointsOf(cache)]
    const hosts = ends.map(({ host }) => host)
    if (hosts.length === 0) throw new Problem('general', `${read.cluster} has no endpoint yet.`)
    const both = client.target.kind === 'local' && cache.networkType === 'dual_stack'
    return { hosts: [...new Set(hosts)], bothLoopbacks: both }
  })
}

function describe(check: AddressCheck, style: Style): string {
  const { host, candidates, candidatesFrom, predicted, real, agree, comparisons, runtimes, gaiConf, glibc } = check
  const first = real[0] ?? ''
  const rank = (address: string): string => String(real.indexOf(address) + 1)
  const rows = candidates.map(({ address, source }) => [
    address,
    source ?? 'none: unreachable from here',
    rank(address),
  ])
  const holders = check.holdingOlderTable.map(({ pid, name }) => `${name} (${pid})`)
  return [
    `${host}: clients here take ${first} first (IPv${first.includes(':') ? 6 : 4}).`,
    ...(comparisons.length > 0 ? ['Why:', ...comparisons.map(comparisonLine)] : ['There is only one address.']),
    tableText([`address (${FROM[candidatesFrom]})`, { long: 'sent from' }, 'getaddrinfo'], rows, style),
    policyLine(gaiConf, glibc),
    ...(agree || glibc === undefined ? [] : [`Predicted otherwise: ${predicted.join(' ')}`]),
    tableText(
      ['program', 'takes first', 'gai.conf', 'here'],
      runtimes.map(({ runtime, first: own, readsGaiConf, program }) => [
        runtime,
        own ?? 'none',
        readsGaiConf ? 'read' : 'not read',
        program === undefined ? '' : isInstalled(program) ? 'installed' : '-',
      ]),
      style,
    ),
    ...(holders.length > 0
      ? [`Started before gai.conf was changed, and still hold connections: ${holders.join(', ')}`]
      : []),
  ].join('\n')
}

const isInstalled = (program: string): boolean =>
  (environment.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))

const FROM = { literal: 'as given', hosts: '/etc/hosts', dns: 'DNS', getaddrinfo: 'getaddrinfo' } as const

function policyLine({ path, exists, reload }: AddressCheck['gaiConf'], glibc: string | undefined): string {
  if (glibc === undefined)
    return 'The C library here is not glibc: gai.conf means nothing, the prediction is for glibc hosts.'
  if (!exists) return `glibc ${glibc} with its own tables: ${path} is not there.`
  return `glibc ${glibc} with ${path}${reload ? ' (reload yes)' : ', read once at the start of each process'}.`
}
