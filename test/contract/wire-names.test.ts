/**
 * What goes over the wire, ours beside botocore's, which aws-cli and boto3 are made of: names of members, of lists and of
 * their elements, kinds, formats of times, values of enums, wrappers of results, codes of faults. Botocore's side is a
 * committed table, so that this runs where there is no Python; where there is, the table is what the installed botocore says.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { model } from '../../src/api/model.generated.ts'
import type { Member, Model } from '../../src/api/shapes.ts'
import { encodeResult } from '../../src/engine/http/query-protocol.ts'

const TABLE = new URL('botocore-wire.txt', import.meta.url)
const SCRIPT = new URL('botocore-wire.py', import.meta.url).pathname
/** The botocore the table was made from. */
const BOTOCORE = '1.43.11'

interface Deviation {
  readonly reason: string
  readonly facts: RegExp
}

/** What is in our model and not in botocore's, by name. The other way round there is nothing. */
const deviations: readonly Deviation[] = [
  {
    reason: "The SDK's model is newer: durability of replication groups.",
    facts: /^(enum (Effective)?Durability |structure (\w*ReplicationGroup\w*|Snapshot) (Effective)?Durability:)/,
  },
  {
    reason: "The SDK's model is newer: how what is stored is encrypted.",
    facts: /^(enum StorageEncryptionType |structure (ReplicationGroup|ServerlessCache) StorageEncryptionType:)/,
  },
]

const table = readFileSync(TABLE, 'utf8')
const ours = factsOf(rendered(model))
const theirs = factsOf(table.trimEnd().split('\n'))

test("every name and value of botocore's model is ours", () => {
  expect([...theirs].filter((fact) => !ours.has(fact))).toEqual([])
})

test('what is ours alone is known, with its reason', () => {
  const alone = [...ours].filter((fact) => !theirs.has(fact))
  expect(alone.filter((fact) => !deviations.some(({ facts }) => facts.test(fact)))).toEqual([])
  expect(deviations.filter(({ facts }) => !alone.some((fact) => facts.test(fact)))).toEqual([])
})

test('a list that has two names is written under both', () => {
  const LogDeliveryConfigurations = [{ LogType: 'slow-log' }]
  const answer = encodeResult(
    'ModifyReplicationGroup',
    { ReplicationGroup: { PendingModifiedValues: { LogDeliveryConfigurations } } },
    'id',
  )
  const list = '<member><LogType>slow-log</LogType></member>'
  expect(answer).toContain(
    `<LogDeliveryConfigurations>${list}</LogDeliveryConfigurations><PendingLogDeliveryConfiguration>${list}</PendingLogDeliveryConfiguration>`,
  )
})

const { status, stdout } = spawnSync('python3', [SCRIPT], { encoding: 'utf8' })
const isSame = stdout?.startsWith(`botocore ${BOTOCORE}\n`)

describe.skipIf(status !== 0 || !isSame)(`the table (needs python3 with botocore ${BOTOCORE})`, () => {
  test('is what botocore says', () => {
    expect(stdout).toBe(table)
  })
})

/** One line a shape -> one fact a member: `structure CacheCluster CacheNodes:[CacheNode:CacheNode]`. */
function factsOf(lines: readonly string[]): Set<string> {
  return new Set(
    lines.flatMap((line) => {
      const [kind = '', name = '', ...facts] = line.split(' ')
      if (kind === 'botocore') return []
      // A code and its status are one fact.
      return kind === 'fault' || facts.length === 0 ? [line] : facts.map((fact) => `${kind} ${name} ${fact}`)
    }),
  )
}

/** Our model as lines of the table. Our codec writes times as ISO 8601 and wraps results by the operation's name. */
function rendered({ apiVersion, namespace, operations, structures, enums, faults }: Model): string[] {
  const line = (...words: readonly string[]) => words.join(' ')
  return [
    line('namespace', namespace),
    line('version', apiVersion),
    ...Object.entries(operations).map(([name, { input, output, faults: thrown }]) =>
      line('operation', name, `${input}->${output ?? '-'}`, output === null ? '-' : `${name}Result`, ...thrown),
    ),
    ...Object.entries(structures).map(([name, { members }]) =>
      line(
        'structure',
        name,
        ...Object.entries(members).map(([member, of]) => `${wireName(member, of)}:${kindOf(of)}`),
      ),
    ),
    ...Object.entries(enums).map(([name, values]) => line('enum', name, ...values)),
    ...Object.entries(faults).map(([name, { code, status: http }]) => line('fault', name, code, String(http))),
  ]
}

function wireName(name: string, member: Member): string {
  return member.kind === 'list' && member.also !== undefined ? `${name}=${member.also}` : name
}

function kindOf(member: Member): string {
  switch (member.kind) {
    case 'structure':
      return member.shape
    case 'list':
      return `[${member.item}:${kindOf(member.of)}]`
    case 'timestamp':
      return 'timestamp(iso8601)'
    case 'number':
      return member.double ? 'double' : 'integer'
    case 'string':
      return member.enum ? `string<${member.enum}>` : 'string'
    default:
      return member.kind
  }
}
