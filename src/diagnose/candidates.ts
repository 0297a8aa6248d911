import { promises } from 'node:dns'
import { isIP } from 'node:net'
import { systemFile } from './system-file.ts'

/** The addresses of a name before getaddrinfo sorts them, and where they come from. */
export interface Candidates {
  readonly from: 'literal' | 'hosts' | 'dns' | 'getaddrinfo'
  readonly addresses: readonly string[]
}

// getaddrinfo has answered already: a server that is slow now is not waited for.
const DNS_TIMEOUT_MS = 1500

/**
 * What a name service hands to glibc: the lines of /etc/hosts in their order, else DNS with A before AAAA. `sorted` is
 * what getaddrinfo returned; it is used where neither knows the name (mDNS, LDAP). `fromDns`: what DNS has, where that was
 * asked already. Never rejects.
 */
export async function candidatesOf(
  host: string,
  sorted: readonly string[],
  hostsFile = '/etc/hosts',
  fromDns?: readonly string[],
): Promise<Candidates> {
  if (isIP(host) !== 0) return { from: 'literal', addresses: [host] }
  const listed = inHosts((await systemFile(hostsFile)) ?? '', host)
  const known = (addresses: readonly string[]): boolean => sorted.every((each) => addresses.includes(each))
  if (listed.length > 0 && known(listed))
    return { from: 'hosts', addresses: listed.filter((each) => sorted.includes(each)) }
  const answered = fromDns ?? (await answeredFor(host))
  if (answered.length > 0 && known(answered)) return { from: 'dns', addresses: answered }
  return { from: 'getaddrinfo', addresses: sorted }
}

async function answeredFor(host: string): Promise<string[]> {
  const dns = new promises.Resolver({ timeout: DNS_TIMEOUT_MS, tries: 1 })
  // Where no server tells, the order that getaddrinfo gave is all there is.
  const answers = await Promise.all([dns.resolve4(host).catch(() => []), dns.resolve6(host).catch(() => [])])
  return answers.flat()
}

/** Every address of a name in a hosts file, in its order, each once. */
export function inHosts(text: string, host: string): string[] {
  const found = text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*$/, '').trim().split(/\s+/)
    return names.some((name) => name.toLowerCase() === host.toLowerCase()) && isIP(address) !== 0 ? [address] : []
  })
  return [...new Set(found)]
}
