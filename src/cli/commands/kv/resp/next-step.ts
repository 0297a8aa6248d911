/** What to do about what servers of RESP refuse, by the code of their error. */
import { shell } from '../../../../api/shell.ts'
import { errorCode } from '../../../../api/thrown.ts'
import { readPlace } from '../../../caches/place.ts'
import { PASSWORD_VARIABLE } from './login.ts'

interface Step {
  /** What is the matter; the server's own words stand after it. */
  readonly matter: string
  /** The code says as much as the server's own words, which are many. */
  readonly brief?: true
  readonly hint: (where: string, refused: Refused) => string
}

/** Who was refused, and what. */
interface Refused {
  readonly user: string
  readonly said: readonly string[]
}

export const LOGIN_HINT = `--user NAME says who, --password-file FILE or ${PASSWORD_VARIABLE} the password.`

/** Whether another login may help. */
export const isLoginRefusal = (code: string | undefined): boolean =>
  code !== undefined && ['NOAUTH', 'WRONGPASS', 'NOPERM'].includes(code)

const STEPS: Readonly<Record<string, Step>> = {
  WRONGTYPE: {
    matter: 'the key holds a value of another type',
    hint: (where) => `${shell`cachectl kv show ${where}`} KEY tells which, and shows it.`,
  },
  NOAUTH: { matter: 'the server wants a login', brief: true, hint: () => LOGIN_HINT },
  WRONGPASS: {
    matter: 'the server does not know this user with this password, or the user is off',
    hint: () => LOGIN_HINT,
  },
  NOPERM: {
    matter: 'the user may not do that',
    hint: (where, refused) =>
      [
        'The access string of the user has to allow the command (+get, +@read) and the key (~shop:*). --user NAME logs in as another.',
        ...whoMay(where, refused),
      ].join('\n'),
  },
  MOVED: {
    matter: 'the key is on another node',
    hint: () => 'Give the configuration endpoint, or any node of the cluster.',
  },
  CLUSTERDOWN: {
    matter: 'the cluster does not serve this key',
    hint: (where) =>
      `A slot has no primary, or too few primaries are in reach: ${shell`cachectl kv stats ${where} cluster`}, and CLUSTER NODES at any of them.`,
  },
  MASTERDOWN: {
    matter: 'the replica has lost its primary, and does not answer meanwhile',
    hint: () => 'Ask another node, or wait for a failover.',
  },
  READONLY: {
    matter: 'the server is a replica, and takes no changes',
    hint: (where) =>
      `${shell`cachectl kv stats ${where} replication`} names its primary (master_host); a primary endpoint always leads there.`,
  },
  NOREPLICAS: {
    matter: 'the primary has too few replicas in reach to take changes',
    hint: () => 'It is set so by min-replicas-to-write.',
  },
  LOADING: {
    matter: 'the server is still loading its data',
    hint: () => 'Try again in a moment; it tells how far it is by INFO persistence.',
  },
  BUSY: {
    matter: 'a script keeps the server busy',
    hint: () => 'Try again; SCRIPT KILL ends one that has not written yet.',
  },
  OOM: {
    matter: 'the memory is full, and what there is may not be evicted',
    hint: () => 'Delete keys, give those there are a time to live, or set maxmemory-policy to one that evicts.',
  },
  MISCONF: {
    matter: 'the server takes no changes since it cannot save',
    hint: () => 'Its log tells why: mostly a full disk.',
  },
  DENIED: {
    matter: 'the server is in protected mode',
    hint: () => 'It answers connections from its own host only, until it has a password.',
  },
  NOPROTO: { matter: 'the server does not speak this protocol', hint: () => 'Is it Redis OSS or Valkey?' },
}

/** What has no code but ERR: by the server's own words. */
const SAID: readonly (Step & { readonly text: RegExp })[] = [
  {
    text: /^SELECT is not allowed in cluster mode/,
    matter: 'in cluster mode there is one database',
    hint: () => 'Leave --database out: only servers without cluster mode have others than 0.',
  },
  {
    text: /^DB index is out of range/,
    matter: 'there is no such database',
    hint: () => 'There are as many as the parameter databases says, from 0 on: mostly 16.',
  },
]

/** Of a cache: servers at an address have users that no API tells of. */
function whoMay(where: string, { user, said: [name = '', key = ''] }: Refused): string[] {
  if (name === '' || !('cluster' in readPlace(where))) return []
  // The words of a command are told apart by blanks.
  const words = [name.toLowerCase(), ...(key === '' || /\s/.test(key) ? [] : [key])].join(' ')
  return [
    shell`What the user may do: cachectl users ${user}`,
    shell`Who may do that there: cachectl users --cache ${where} --may ${words}`,
  ]
}

/** The error of a server in words that say what to do; any other as it is. @param user Who is logged in. */
export function withNextStep(error: unknown, where: string, user = 'default'): unknown {
  if (!(error instanceof Error)) return error
  if (error.name === 'LostNode') return new RespFailure(error, error.message, UNREACHED)
  if (error.name === 'BadReply') return new RespFailure(error, `${where}: ${error.message}`, NOT_RESP)
  if (error.name !== 'RespRefusal' || !('code' in error) || !('node' in error)) return error
  const told = 'text' in error ? String(error.text) : ''
  const step = STEPS[String(error.code)] ?? SAID.find(({ text }) => text.test(told))
  if (!step) return error
  const text = step.brief ? '' : told
  const said = 'said' in error && Array.isArray(error.said) ? error.said.map(String) : []
  const message = `${error.node}: ${step.matter}: ${error.code} ${text}`.trimEnd()
  return new RespFailure(error, message, step.hint(where, { user, said }))
}

const UNREACHED =
  'Nodes of a cluster name each other by addresses that have to be reachable from here, too (cluster-announce-ip): cachectl probe tells.'
const NOT_RESP = 'With --protocol memcached it is spoken to in the other language; cachectl probe tells what answers.'

/** What went wrong, and what to do next: failure.ts shows both, and the code in --cli-error-format json. */
class RespFailure extends Error {
  override readonly name = 'RespFailure'
  readonly hint: string
  readonly code: string | undefined

  constructor(cause: Error, message: string, hint: string) {
    super(message, { cause })
    this.hint = hint
    this.code = errorCode(cause)
  }
}
