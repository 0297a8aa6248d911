import type { Client } from '../client.ts'
import { pauseOf } from '../pause.ts'
import type { Args } from '../protocol/args.ts'
import { refusal, SYNTAX, shownText, TIMEOUT_NEGATIVE } from '../protocol/refusals.ts'
import { type TrackingMode, trackingOf } from '../tracking.ts'
import type { Row } from './command.ts'

const TIMEOUT = refusal('ERR timeout is not an integer or out of range')
const ONE_REDIRECT = refusal('ERR A client can only redirect to a single other client')
const NO_CLIENT = refusal('ERR The client ID you want redirect to does not exist')
const NEEDS_BCAST = refusal('ERR PREFIX option requires BCAST mode to be enabled')
const OTHER_BCAST = refusal(
  "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.",
)
const NO_OPT_WITH_BCAST = refusal('ERR OPTIN and OPTOUT are not compatible with BCAST')
const BOTH = refusal("ERR You can't specify both OPTIN mode and OPTOUT mode")
const OTHER_OPT = refusal(
  "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.",
)
const NOT_OPT = refusal(
  'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled',
)
const NOT_OPTIN = refusal('ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.')
const NOT_OPTOUT = refusal('ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.')

/** CLIENT TRACKING and its kin, CLIENT PAUSE and CLIENT CAPA. */
export const TRACKING: readonly Row[] = [
  { name: 'client|tracking', run: tracking },
  { name: 'client|trackinginfo', run: trackinginfo },
  { name: 'client|getredir', run: (client) => client.replies.integer(client.core.redirectionOf(client)) },
  { name: 'client|caching', run: caching },
  { name: 'client|pause', run: pause },
  { name: 'client|unpause', run: unpause },
  { name: 'client|capa', run: capa },
]

interface Asked {
  redirect: number
  broadcast: boolean
  optIn: boolean
  optOut: boolean
  noLoop: boolean
  readonly prefixes: string[]
}

function asked({ core }: Client, args: Args): Asked {
  const read: Asked = { redirect: 0, broadcast: false, optIn: false, optOut: false, noLoop: false, prefixes: [] }
  for (let i = 3; i < args.count; i++) {
    const follows = i + 1 < args.count
    if (args.is(i, 'REDIRECT') && follows) {
      if (read.redirect !== 0) throw ONE_REDIRECT
      read.redirect = args.integer(++i)
      // One that is gone later is told of then.
      if (!core.clients.has(read.redirect)) throw NO_CLIENT
    } else if (args.is(i, 'BCAST')) read.broadcast = true
    else if (args.is(i, 'OPTIN')) read.optIn = true
    else if (args.is(i, 'OPTOUT')) read.optOut = true
    else if (args.is(i, 'NOLOOP')) read.noLoop = true
    else if (args.is(i, 'PREFIX') && follows) read.prefixes.push(args.text(++i))
    else throw SYNTAX
  }
  return read
}

function tracking(client: Client, args: Args): void {
  const all = trackingOf(client.core)
  const options = asked(client, args)
  if (args.is(2, 'OFF')) {
    all.end(client)
    client.replies.ok()
    return
  }
  if (!args.is(2, 'ON')) throw SYNTAX
  const before = all.modeOf(client)
  if (!options.broadcast && options.prefixes.length > 0) throw NEEDS_BCAST
  if (before && before.broadcast !== options.broadcast) throw OTHER_BCAST
  if (options.broadcast && (options.optIn || options.optOut)) throw NO_OPT_WITH_BCAST
  if (options.optIn && options.optOut) throw BOTH
  if (before && ((options.optIn && before.optOut) || (options.optOut && before.optIn))) throw OTHER_OPT
  const prefixes = withoutOverlaps(before?.prefixes ?? [], options.prefixes)
  const everything = options.broadcast && prefixes.length === 0
  all.begin(client, {
    ...options,
    prefixes: everything ? [''] : prefixes,
    caching: undefined,
    fresh: false,
    isBroken: false,
  })
  client.replies.ok()
}

function withoutOverlaps(before: readonly string[], added: readonly string[]): string[] {
  const overlap = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a)
  for (const [at, prefix] of added.entries()) {
    for (const other of before) {
      if (other !== prefix && overlap(other, prefix))
        throw overlapping(prefix, `an existing prefix '${shownText(other)}'`)
    }
    for (const other of added.slice(at + 1))
      if (overlap(other, prefix)) throw overlapping(prefix, `another provided prefix '${shownText(other)}'`)
  }
  return [...new Set([...before, ...added])]
}

const overlapping = (prefix: string, other: string) =>
  refusal(`ERR Prefix '${shownText(prefix)}' overlaps with ${other}. Prefixes for a single client must not overlap.`)

function flagsOf(mode: TrackingMode | undefined): string[] {
  if (mode === undefined) return ['off']
  const flags = ['on']
  if (mode.broadcast) flags.push('bcast')
  if (mode.optIn) flags.push('optin', ...(mode.caching === 'yes' ? ['caching-yes'] : []))
  if (mode.optOut) flags.push('optout', ...(mode.caching === 'no' ? ['caching-no'] : []))
  if (mode.noLoop) flags.push('noloop')
  if (mode.isBroken) flags.push('broken_redirect')
  return flags
}

function trackinginfo(client: Client): void {
  const { replies } = client
  const mode = trackingOf(client.core).modeOf(client)
  const flags = flagsOf(mode)
  const prefixes = mode?.broadcast ? mode.prefixes : []
  replies.map(3)
  replies.bulkText('flags')
  replies.set(flags.length)
  for (const flag of flags) replies.bulkText(flag)
  replies.bulkText('redirect')
  replies.integer(mode === undefined ? -1 : mode.redirect)
  replies.bulkText('prefixes')
  replies.array(prefixes.length)
  for (const prefix of prefixes) replies.bulkText(prefix)
}

function caching(client: Client, args: Args): void {
  const mode = trackingOf(client.core).modeOf(client)
  if (mode === undefined) throw NOT_OPT
  if (args.is(2, 'YES')) {
    if (!mode.optIn) throw NOT_OPTIN
    mode.caching = 'yes'
  } else if (args.is(2, 'NO')) {
    if (!mode.optOut) throw NOT_OPTOUT
    mode.caching = 'no'
  } else throw SYNTAX
  client.replies.ok()
}

function pause(client: Client, args: Args): void {
  let onlyWrites = false
  if (args.count > 4) throw SYNTAX
  if (args.count === 4) {
    if (args.is(3, 'WRITE')) onlyWrites = true
    else if (!args.is(3, 'ALL')) throw refusal('ERR CLIENT PAUSE mode must be WRITE or ALL')
  }
  const ms = args.integer(2, TIMEOUT)
  if (ms < 0) throw TIMEOUT_NEGATIVE
  pauseOf(client.core).begin(ms, onlyWrites)
  client.replies.ok()
}

function unpause(client: Client): void {
  pauseOf(client.core).end()
  client.replies.ok()
}

/** What it does not know it passes over: clients tell all that they can do. */
function capa(client: Client, args: Args): void {
  for (let i = 2; i < args.count; i++) if (args.is(i, 'REDIRECT')) client.takesRedirects = true
  client.replies.ok()
}
