/** The words of a command line that say where: names of caches, hosts and ports. */
import { isIP } from 'node:net'
import { parseTarget } from '../../net/target.ts'
import { usageProblem } from '../problem.ts'
import type { HostAndPort } from './cache.ts'

/**
 * A word that names a cluster, or an address to go to directly: identifiers have neither dots nor colons, and no
 * cluster is called localhost.
 */
export function readPlace(word: string): { cluster: string } | HostAndPort {
  if (isClusterName(word)) return { cluster: word }
  const parsed = parseTarget(word)
  if (parsed.ok) return { host: parsed.host, port: parsed.port }
  throw usageProblem(parsed.detail, 'Give the id of a cluster, or host:port.')
}

/** `11211`; for ranges also `80,443`, `18100-18102`. */
const PORTS = /^\d+(?:[,-]\d+)*$/

/**
 * A bare number is the port of the hosts before it that name none: `a b 11211 c 80` is `a:11211 b:11211 c:80`. Never an
 * address, which getaddrinfo would make of it. @throws Problem where there is no such host.
 */
export function joinPorts(words: readonly string[]): string[] {
  const joined: string[] = []
  let waiting = 0
  for (const word of words) {
    if (!PORTS.test(word)) {
      joined.push(word)
      waiting++
      continue
    }
    if (waiting === 0)
      throw usageProblem(`${word} is a port, and no host stands before it.`, 'Write host:port, or host port.')
    for (let at = joined.length - waiting; at < joined.length; at++) joined[at] = withPort(joined[at] ?? '', word)
    waiting = 0
  }
  return joined
}

/** Of a command that looks at one place: it, with the port that may stand after it. */
export function onePlace(words: readonly string[]): string {
  const [place = '', ...more] = joinPorts(words)
  if (more.length > 0) throw usageProblem(`One place at a time: ${more.join(' ')} is one too many.`)
  return place
}

function withPort(host: string, port: string): string {
  if (isIP(host.replace(/\/\d+$/, '')) === 6) return `[${host}]:${port}`
  if (/^\[[^\]]*\]$/.test(host)) return `${host}:${port}`
  if (host.includes(':')) throw usageProblem(`${port} stands after ${host}, which names its port.`)
  if (isClusterName(host))
    throw usageProblem(
      `${port} stands after ${host}, which is the id of a cluster: its ports are known.`,
      `If a host is called so, write ${host}:${port}.`,
    )
  return `${host}:${port}`
}

const isClusterName = (word: string): boolean =>
  /^[A-Za-z][A-Za-z0-9-]*$/.test(word) && word.toLowerCase() !== 'localhost'
