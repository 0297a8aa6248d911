import type { Client } from '../client.ts'
import type { Directive } from '../config/directives.ts'
import { rewriteConfigFile } from '../config/file.ts'
import { BadValue, type Value } from '../config/kinds.ts'
import type { Args } from '../protocol/args.ts'
import { type Refusal, refusal, shownText } from '../protocol/refusals.ts'
import { whileLoading } from '../replication/restrictions.ts'
import { systemReason } from '../system-reason.ts'
import type { Row } from './command.ts'
import { helpOf } from './help.ts'

/** CONFIG. */
export const CONFIG: readonly Row[] = [
  { name: 'config' },
  { name: 'config|get', run: get },
  { name: 'config|set', run: set },
  { name: 'config|resetstat', run: resetstat },
  { name: 'config|rewrite', run: rewrite },
  helpOf('config'),
]

function get({ core, replies }: Client, args: Args): void {
  const found = new Map<string, string>()
  for (let i = 2; i < args.count; i++) {
    for (const [name, value] of core.config.matching(args.text(i))) found.set(name, value)
  }
  replies.map(found.size)
  for (const [name, value] of found) {
    replies.bulkText(name)
    replies.bulkBytes(Buffer.from(value))
  }
}

const NO_FILE = refusal('ERR The server is running without a config file')

const failed = (name: string, why: string): Refusal =>
  refusal(`ERR CONFIG SET failed (possibly related to argument '${shownText(name)}') - ${why}`)

function set(client: Client, args: Args): void {
  const { core, replies } = client
  if (args.count % 2 !== 0) throw refusal("ERR wrong number of arguments for 'config|set' command")
  const values = new Map<Directive, Value>()
  for (let i = 2; i < args.count; i += 2) {
    const name = args.text(i)
    const directive = core.config.directive(name)
    if (directive === undefined)
      throw refusal(`ERR Unknown option or number of arguments for CONFIG SET - '${args.shown(i)}'`)
    if (directive.immutable) throw failed(name, "can't set immutable config")
    if (directive.guarded && !mayChangeGuarded(client)) throw failed(name, "can't set protected config")
    if (directive.notWhileLoading && core.loading !== 'no') throw whileLoading(core)
    if (values.has(directive)) throw failed(name, 'duplicate parameter')
    try {
      const value = args.bytesOf(i + 1).toString()
      values.set(directive, core.config.read(directive, directive.kind.many ? value.split(' ') : [value]))
    } catch (error) {
      throw error instanceof BadValue ? failed(name, error.message) : error
    }
  }
  try {
    core.config.set(values)
  } catch (error) {
    throw error instanceof BadValue ? failed(args.text(2), error.message) : error
  }
  replies.ok()
}

/** `enable-protected-configs`: no, yes, or for clients of this machine. */
function mayChangeGuarded({ core, connection }: Client): boolean {
  const { enableProtectedConfigs } = core.config.settings
  if (enableProtectedConfigs !== 'local') return enableProtectedConfigs === 'yes'
  const address = connection?.socket.remoteAddress
  return address === undefined || address === '127.0.0.1' || address === '::1'
}

function resetstat({ core, replies }: Client): void {
  core.resetStatistics()
  replies.ok()
}

function rewrite({ core, replies }: Client): void {
  if (core.host.configFile === '') throw NO_FILE
  try {
    rewriteConfigFile(core)
  } catch (error) {
    const reason = systemReason(error)
    core.log('warning', `CONFIG REWRITE failed: ${reason}`)
    throw refusal(`ERR Rewriting config file: ${reason}`)
  }
  core.log('notice', 'CONFIG REWRITE executed with success.')
  replies.ok()
}
