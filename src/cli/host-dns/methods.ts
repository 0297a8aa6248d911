/** Ways to make a host ask the engine's name server: what each writes where, and what has to read it anew. Pure. */
import type { DnsMethod } from '../../api/local-dns.ts'
import { LOCAL_ZONE, NAME_SERVER_ADDRESS } from '../../api/local-names.ts'
import type { systemFiles } from '../system-files.ts'

export type SystemFiles = ReturnType<typeof systemFiles>

/** Files that begin so may be taken away again. */
export const MARK = '# Written by `cachectl engine dns enable`, and taken away by `cachectl engine dns disable`.'

interface Row {
  /** What it is, for people. */
  readonly what: string
  readonly file: (files: SystemFiles) => string
  /** What is to be in the file; null: the engine keeps a block of it. */
  readonly text: ((port: number) => string) | null
  /** What has to be told of the file. */
  readonly reload?: readonly [program: string, ...args: string[]]
}

export const METHODS: Readonly<Record<DnsMethod, Row>> = {
  resolved: {
    what: 'systemd-resolved',
    file: ({ resolved }) => resolved,
    // The tilde: names of the zone go there, and no other name does.
    text: (port) => `${MARK}\n[Resolve]\nDNS=${NAME_SERVER_ADDRESS}:${port}\nDomains=~${LOCAL_ZONE}\n`,
    reload: ['systemctl', 'restart', 'systemd-resolved'],
  },
  dnsmasq: {
    what: 'dnsmasq',
    file: ({ dnsmasq }) => dnsmasq,
    // Where it guards against names that lead to this host, these may.
    text: (port) => `${MARK}\nserver=/${LOCAL_ZONE}/${NAME_SERVER_ADDRESS}#${port}\nrebind-domain-ok=/${LOCAL_ZONE}/\n`,
    reload: ['systemctl', 'restart', 'dnsmasq'],
  },
  resolver: {
    what: 'the resolver of macOS',
    file: ({ resolver }) => `${resolver}/${LOCAL_ZONE}`,
    text: (port) => `${MARK}\nnameserver ${NAME_SERVER_ADDRESS}\nport ${port}\n`,
  },
  hosts: {
    what: 'the hosts file',
    file: ({ hosts }) => hosts,
    text: null,
  },
}

/** The way for this host, where none is asked for. @param exists Whether a file or directory is there. */
export function methodFor(files: SystemFiles, exists: (path: string) => boolean, platform: string): DnsMethod {
  if (platform === 'darwin') return 'resolver'
  if (exists(files.signs.resolved)) return 'resolved'
  return exists(files.signs.dnsmasq) ? 'dnsmasq' : 'hosts'
}

/** What would be done, a line each. */
export function planText(method: DnsMethod, files: SystemFiles, port: number): string {
  const { what, file, text, reload } = METHODS[method]
  if (!text) return `keep a marked block of ${file(files)} as the names are, while the engine runs`
  const lines = text(port)
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`)
  const told = reload ? [`and run, that ${what} reads it: ${reload.join(' ')}`] : []
  return [`write ${file(files)}:`, ...lines, ...told].join('\n')
}
