import { configReply, type DiscoveryMember, discoveryPayload } from '../discovery/encode.ts'
import { parseDiscovery } from '../discovery/parse.ts'
import { asItIs, type Here, Lines, type Rewriter } from './rewriting.ts'

const BINARY = 0x81
const LIST = /^(CONFIG cluster|VALUE AmazonElastiCache:cluster) (\d+) (\d+)(?: \d+)?\r?\n$/
/** Lines with a value behind them, and its length. */
const WITH_VALUE = /^(?:VALUE \S+ \d+|CONFIG \S+ \d+|VA) (\d+)/
const END_OF_CONFIG = '\r\nEND\r\n'

/** Lists of nodes (`config get cluster`) name this side's places. The binary protocol passes as it is. */
export function memcachedRewriter(here: Here): Rewriter {
  const lines = new Lines(async (line, behind) => {
    const [, form, flags, length] = LIST.exec(line) ?? []
    const size = Number(length)
    if (form === undefined) return asItIs(line, Number(WITH_VALUE.exec(line)?.[1] ?? -1))
    const isConfig = form.startsWith('CONFIG')
    const skips = isConfig ? size + END_OF_CONFIG.length : size
    if (behind.length < skips) return undefined
    const list = parseDiscovery(Buffer.concat([Buffer.from(line, 'latin1'), behind.subarray(0, size), TAIL]))
    if (!list.ok) return asItIs(line, size)
    const members: DiscoveryMember[] = []
    // One after the other: clients that hash by place find the order that the list had.
    for (const { host, ip, port } of list.nodes) {
      const place = await here(host, port, ip)
      members.push({ host: 'localhost', ip: ip === undefined ? undefined : place.host, port: place.port })
    }
    const payload = discoveryPayload(list.version, members)
    if (isConfig) return { passed: configReply('cluster', Number(flags), payload), skips, follows: 0 }
    const head = Buffer.from(`${form} ${flags} ${payload.length}\r\n`)
    return { passed: Buffer.concat([head, payload]), skips, follows: 0 }
  })
  let isBinary: boolean | undefined
  return {
    toServer: (piece) => piece,
    toClient(piece) {
      isBinary ??= piece[0] === BINARY
      return isBinary ? piece : lines.push(piece)
    },
  }
}

const TAIL = Buffer.from(END_OF_CONFIG)
