import { randomBytes } from 'node:crypto'
import { CommandScanner } from '../protocols/resp/commands.ts'
import { encodeCommand } from '../protocols/resp/encode.ts'
import { redirectOf } from '../protocols/resp/redirect.ts'
import { asItIs, type Here, Lines, type Rewriter } from './rewriting.ts'

/** Answers that tell nodes, and where each is. */
const TOPOLOGIES = ['SLOTS', 'SHARDS', 'NODES']

/**
 * Redirects, and what CLUSTER SLOTS, SHARDS and NODES answer, name this side's places. Such a question is sent between two ECHOs of a
 * word that nobody else knows: what stands between their answers is its answer, in whatever form.
 */
export function respRewriter(here: Here): Rewriter {
  const mark = randomBytes(16).toString('hex')
  const echo = encodeCommand(['ECHO', mark])
  const [markLine, markValue] = [`$${mark.length}\r\n`, `${mark}\r\n`]
  const scanner = new CommandScanner(['CLUSTER'])
  /** The answer to a question that is between two marks; undefined: nothing is. */
  let held: Buffer[] | undefined
  const hold = (bytes: Buffer): Buffer => {
    if (!held) return bytes
    held.push(bytes)
    return Buffer.alloc(0)
  }
  const lines = new Lines(async (line, behind) => {
    if (line === markLine) {
      if (behind.length < markValue.length) return undefined
      if (behind.toString('latin1', 0, markValue.length) === markValue) {
        const answer = held
        held = answer ? undefined : []
        const passed = answer ? await topologyHere(Buffer.concat(answer).toString('latin1'), here) : ''
        return { passed: Buffer.from(passed, 'latin1'), skips: markValue.length, follows: 0 }
      }
    }
    const redirected = line.startsWith('-') ? await redirectHere(line, here) : undefined
    const isValue = /^[$!=]\d/.test(line)
    const taken = asItIs(redirected ?? line, isValue ? Number(line.slice(1)) : -1)
    return { ...taken, passed: hold(taken.passed) }
  }, hold)
  return {
    toServer: (piece) =>
      Buffer.concat(
        scanner
          .push(piece)
          .flatMap((each) =>
            'command' in each && TOPOLOGIES.includes(String(each.command[1]).toUpperCase())
              ? [echo, each.raw, echo]
              : [each.raw],
          ),
      ),
    toClient: (piece) => lines.push(piece),
  }
}

async function redirectHere(line: string, here: Here): Promise<string | undefined> {
  const [, code = '', text = ''] = /^-(\S+) (.*)\r\n$/.exec(line) ?? []
  const redirect = redirectOf({ kind: 'error', code, text })
  if (!redirect || redirect.host === '') return undefined
  const { host, port } = await here(redirect.host, redirect.port)
  return `-${code} ${redirect.slot} ${host}:${port}\r\n`
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`

/** `"host", port` as CLUSTER SLOTS has them. */
const IN_SLOTS = /\$\d+\r\n([^\r\n]+)\r\n:(\d+)\r\n/g
/** `"port", 6379, "ip", "...", "endpoint", "...", "hostname", "..."` as CLUSTER SHARDS has them. */
const IN_SHARDS =
  /(\$\d+\r\n(?:tls-)?port\r\n):(\d+)\r\n(\$2\r\nip\r\n)\$\d+\r\n([^\r\n]*)\r\n(\$8\r\nendpoint\r\n)\$\d+\r\n([^\r\n]*)\r\n(?:(\$8\r\nhostname\r\n)\$\d+\r\n[^\r\n]*\r\n)?/g
/** `10.0.0.5:6379@16379,name` as CLUSTER NODES has them. */
const IN_NODES = /^([0-9a-f]{40} )(\S+?):(\d+)(@\d+)?(,\S*)? /gm

/** The same answer with this side's places. @param text In latin1. */
async function topologyHere(text: string, here: Here): Promise<string> {
  if (text.startsWith('$') || text.startsWith('=')) return nodesHere(text, here)
  if (!text.startsWith('*') && !text.startsWith('%')) return text
  if (/\r\n\$5\r\nslots\r\n/.test(text)) {
    return replaced(
      text,
      IN_SHARDS,
      async ([, name = '', port, ip = '', address = '', endpoint = '', told = '', hostname]) => {
        const place = await here(told === '' || told === '?' ? address : told, Number(port))
        const own = bulk(place.host)
        return `${name}:${place.port}\r\n${ip}${own}${endpoint}${own}${hostname === undefined ? '' : `${hostname}${own}`}`
      },
    )
  }
  return replaced(text, IN_SLOTS, async ([, host = '', port]) => {
    const place = await here(host, Number(port))
    return `${bulk(place.host)}:${place.port}\r\n`
  })
}

async function nodesHere(text: string, here: Here): Promise<string> {
  const head = text.slice(0, text.indexOf('\n') + 1)
  const body = await replaced(text.slice(head.length, -2), IN_NODES, async ([, id = '', host = '', port, bus = '']) => {
    const place = await here(host, Number(port))
    return `${id}${place.host}:${place.port}${bus} `
  })
  return `${head[0]}${body.length}\r\n${body}\r\n`
}

async function replaced(
  text: string,
  pattern: RegExp,
  by: (match: RegExpMatchArray) => Promise<string>,
): Promise<string> {
  let result = ''
  let at = 0
  for (const match of text.matchAll(pattern)) {
    result += text.slice(at, match.index) + (await by(match))
    at = match.index + match[0].length
  }
  return result + text.slice(at)
}
