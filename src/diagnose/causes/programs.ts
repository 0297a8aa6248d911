import { shell, shellWord } from '../../api/shell.ts'
import { ipv6Bits, samePrefix } from '../../net/ip-address.ts'
import type { Evidence } from '../evidence.ts'
import { type Cause, type Hint, note, shows, warning } from './cause.ts'
import { socketsPerEndpoint } from './places.ts'

const GUIDE = 'User guide, "Choosing a network type": client preferences; measured'
const ULA = ipv6Bits('fc00::') ?? 0n

const TROUBLESHOOTING = 'User guide, "Common troubleshooting steps"'

export const programCauses: readonly Cause[] = [
  {
    id: 'L05',
    title: 'connections are left half-closed by a program here',
    seat: 'program',
    source: `${TROUBLESHOOTING}: connection leak`,
    suspect: ({ evidence }) =>
      socketsPerEndpoint(evidence).flatMap(([where, states]) => {
        const count = states['CLOSE-WAIT'] ?? 0
        if (count < 20) return []
        return [
          warning(
            where,
            `${count} connections to ${where} are in CLOSE-WAIT: the server closed them, a program here did not.`,
            [
              'Let the program close what it no longer uses; restarted, it has none of them. Until then, as root:',
              shell`ss -K state close-wait dst ${where}`,
            ],
            shell`ss -tnp state close-wait dst ${where}`,
          ),
        ]
      }),
  },
  {
    id: 'L04',
    title: 'a connection is made for every request',
    seat: 'program',
    source: `${TROUBLESHOOTING}: persistent connections`,
    odds: 0.05,
    suspect: (seen) =>
      seen.of('churn').map((sign) => ({
        ...warning(
          sign.at,
          `${sign.sentence}.`,
          'Use a pool of persistent connections.',
          'ss -tan state time-wait | wc -l',
        ),
        explains: [...shows(0.99, sign), ...shows(0.95, ...seen.at(sign.at, 'few-ports'))],
      })),
  },
  {
    id: 'P01',
    title: 'a label line of gai.conf works against the wish behind it',
    seat: 'program',
    source: GUIDE,
    suspect: ({ evidence }) => fromLint(evidence, /rule 5/),
  },
  {
    id: 'P02',
    title: "a line of gai.conf has replaced glibc's own table",
    seat: 'program',
    source: GUIDE,
    suspect: ({ evidence }) => fromLint(evidence, /replaces glibc's whole/),
  },
  {
    id: 'P03',
    title: 'a line of gai.conf does nothing',
    seat: 'program',
    source: GUIDE,
    suspect: ({ evidence }) => [
      ...fromLint(evidence, /without a word/),
      ...fromLint(evidence, /does not bring these|counts IPv6 bits/),
    ],
  },
  {
    id: 'P04',
    title: 'running programs still follow an older gai.conf',
    seat: 'program',
    source: 'Measured: the file is read once in the life of a process',
    suspect: ({ evidence: { hosts } }) =>
      hosts.flatMap(({ host, order }) => {
        const holders = order?.holdingOlderTable ?? []
        if (holders.length === 0 || !order) return []
        const who = holders.map(({ pid, name }) => `${name} (${pid})`).join(', ')
        return [
          warning(
            host,
            `${order.gaiConf.path} was changed after ${who} had read it.`,
            'Restart them.',
            `ps -o lstart= -p ${holders[0]?.pid}`,
          ),
        ]
      }),
  },
  {
    id: 'P06',
    title: 'a Java program is started with a property that does not exist',
    seat: 'program',
    source: 'Measured on JDK 17: preferIPv6Stack changes nothing',
    suspect: ({ evidence: { limits } }) =>
      limits.java
        .filter(({ options }) => options.some((option) => option.includes('preferIPv6Stack')))
        .map(({ pid }) =>
          warning(
            `java (${pid})`,
            'java.net.preferIPv6Stack does not exist: the program takes IPv4 first, as without it.',
            '-Djava.net.preferIPv6Addresses=true, or =system to follow gai.conf.',
            `tr '\\0' ' ' < /proc/${pid}/cmdline`,
          ),
        ),
  },
  {
    id: 'P07',
    title: 'a Java program can not open IPv6 connections, and the nodes are IPv6 only',
    seat: 'program',
    source: GUIDE,
    suspect: ({ evidence: { limits, clusters } }) =>
      clusters.some(({ networkType }) => networkType === 'ipv6')
        ? limits.java
            .filter(({ options }) => options.some((option) => /preferIPv4Stack=true/.test(option)))
            .map(({ pid }) =>
              warning(
                `java (${pid})`,
                'It runs with preferIPv4Stack=true and can not reach IPv6 nodes.',
                'Remove the option.',
                `tr '\\0' ' ' < /proc/${pid}/cmdline`,
              ),
            )
        : [],
  },
  {
    id: 'P08',
    title: 'ULA addresses: programs on this host will not agree on the family',
    seat: 'program',
    source: 'Measured: glibc ranks ULA above IPv4, musl, Go and Windows below',
    suspect: ({ evidence: { hosts } }) =>
      hosts.flatMap(({ host, lookup }) => {
        if (!lookup.ok || !lookup.addresses.some(({ family }) => family === 4)) return []
        const ula = lookup.addresses.find(
          ({ address, family }) => family === 6 && samePrefix(ipv6Bits(address) ?? 0n, ULA, 7, 128),
        )
        if (!ula) return []
        return [
          note(
            host,
            `${ula.address} is ULA: glibc programs take it before IPv4, Go, musl and Windows after it.`,
            'Set the family in each client, or choose one with IP discovery.',
            shell`cachectl gai check ${host}`,
          ),
        ]
      }),
  },
  {
    id: 'P09',
    title: "this host's IPv6 address is deprecated",
    seat: 'program',
    source: 'RFC 6724, rule 3; measured',
    suspect: ({ evidence: { hosts } }) =>
      hosts.flatMap(({ host, order }) => {
        const decided = order?.comparisons.find(({ rule }) => rule === 3)
        if (!decided) return []
        return [
          warning(
            host,
            `The preferred lifetime of this host's own address is over, so ${decided.winner} comes first.`,
            'Mend the lifetimes of router advertisements or DHCPv6.',
            'ip -6 addr show deprecated',
          ),
        ]
      }),
  },
]

/** Lint speaks of the file; it matters to a place only if that has both families to choose from. */
function fromLint({ gai, hosts }: Evidence, words: RegExp) {
  const choice = hosts.some(({ lookup }) => lookup.ok && new Set(lookup.addresses.map(({ family }) => family)).size > 1)
  if (!choice) return []
  return gai.remarks
    .filter(({ sentence, kind }) => words.test(sentence) && kind !== 'no-effect')
    .map(({ line, sentence, fix, text }) =>
      // What the file lacks touches no address of a cluster: Debian's own example, `precedence ::ffff:0:0/96 100`.
      (/rank with the row around them/.test(sentence) ? note : warning)(
        `${gai.path}:${line}`,
        `${sentence} (${text})`,
        pasteable(fix, gai.path),
        'cachectl gai lint',
      ),
    )
}

/** Lines to add as the command that adds them; a line to write, with what else belongs to it. */
function pasteable(fix: string, path: string): Hint {
  const lines = /^Add: (.+)$/.exec(fix)?.[1]?.split('; ')
  if (lines)
    return ['Add the lines that are lacking:', `printf '%s\\n' ${lines.map(shellWord).join(' ')} >> ${shellWord(path)}`]
  const [, address, length] = /^Write: precedence ::ffff:([\d.]+)\/(\d+) /.exec(fix) ?? []
  const bits = Number(length) - 96
  return address === undefined || bits < 0
    ? fix
    : [
        `${fix}. With the default lines, which such a line replaces:`,
        shell`cachectl gai generate --prefer ipv4 --cidr ${`${address}/${bits}`} --apply`,
      ]
}
