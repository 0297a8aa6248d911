import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../src/api/catalog/limits.ts'
import { METRICS } from '../../../src/api/catalog/metrics.ts'
import { nodeTypes } from '../../../src/api/catalog/node-types.ts'
import { DEFAULT_QUOTAS } from '../../../src/api/catalog/quotas.ts'
import { type ResourceKind, resources } from '../../../src/api/catalog/resources.ts'
import { SECRET_MEMBERS } from '../../../src/api/catalog/secrets.ts'
import { readSources } from '../../../src/tools/house.ts'

/** A fact of api/catalog, and the copies of it that a source holds, as far as its text tells. */
interface Fact {
  readonly name: string
  readonly copies: (source: string) => readonly string[]
  /** Copies, such as there once were. */
  readonly samples: readonly string[]
  /** A file where the same words mean something else. */
  readonly except?: string
}

const kinds = Object.values<ResourceKind>(resources)
const sourceTypes = kinds.flatMap(({ sourceType }) => sourceType ?? []).filter((type) => type.includes('-'))
const families = new Set([...nodeTypes.values()].flatMap(({ family }) => [family, `cache.${family}`]))
const figures = new Set<number>([...Object.values(DEFAULT_QUOTAS), ...Object.values(LIMITS)])

/** Words that are a whole string literal of the source; those of its types apart (`Handler<'DescribeUsers'>`). */
const literals = (source: string): string[] =>
  [...source.matchAll(/(?<!<)'([\w.-]+)'/g)].map(([, word]) => word as string)

/** The literals among `words` if there are so many different ones that they are a table. */
function table(source: string, words: Iterable<string>, least: number): readonly string[] {
  const known = new Set(words)
  const found = [...new Set(literals(source).filter((word) => known.has(word)))]
  return found.length >= least ? found : []
}

const matches = (source: string, pattern: RegExp): readonly string[] =>
  [...source.matchAll(pattern)].map(([all]) => all)

const FACTS: readonly Fact[] = [
  {
    name: 'what node types there are, and of which generation',
    copies: (source) => [
      ...matches(source, /\/\^cache\\\.[^/\n]*\//g),
      ...table(source, families, 1),
      ...table(source, nodeTypes.keys(), 3),
    ],
    samples: [
      'isOld = (type) => /^cache\\.(t1|t2|m1)\\./.test(type)',
      "const BURST = ['cache.t2', 'cache.t3', 'cache.t4g']",
    ],
  },
  {
    name: 'quotas, and how long names may be',
    copies: (source) =>
      [
        ...source.matchAll(
          /\b(?:longest:|const [A-Z_]*(?:NODES|GROUPS|SUBNETS|NAME|TAGS|PARAMETERS)[A-Z_]* =) ([\d_]+)$/gm,
        ),
        // As members: `nodesPerCluster: 60`, `'users-per-region': 1000`.
        ...source.matchAll(/\b\w+-?[pP]er-?(?:[A-Z]\w*|\w+(?:-\w+)*)'?: ([\d_]+)\b/g),
      ]
        .filter(([, figure = '']) => figures.has(Number(figure.replaceAll('_', ''))))
        .map(([all]) => all),
    samples: ['const MOST_NODES = 60', '{ nodesPerCluster: 60, nodesPerRegion: 300 }', "{ 'users-per-region': 1000 }"],
  },
  {
    name: 'how versions are compared',
    copies: (source) => matches(source, /split\('\.'\)\.map\(Number\)/g),
    samples: ["const parts = version.split('.').map(Number)"],
  },
  {
    name: 'since when an engine can do what, and the family of a version',
    copies: (source) => matches(source, /\b(?:IPV6|TLS)_SINCE = '[\d.]+'|slice\(0, 2\)\.join\('\.'\)/g),
    samples: ["const TLS_SINCE = '1.6.12'"],
  },
  {
    name: 'the ports of engines',
    copies: (source) => matches(source, /(?:\w =|\w*[pP]ort:|\?\?|return|Valkey on) (?:11_?211|6_?379)\b/g),
    samples: ['const MEMCACHED_PORT = 11_211', 'const RESP_PORT = 6379', 'Redis and Valkey on 6379.'],
  },
  {
    name: 'types of resources in ARNs',
    copies: (source) => [
      ...table(
        source,
        kinds.map(({ arnType }) => arnType).filter((type) => !['cluster', 'snapshot', 'user'].includes(type)),
        1,
      ),
      ...matches(source, /:serverlesscache:|\barn\(\{[^}]*type: '\w+'/g),
    ],
    samples: ["arn({ region, account, type: 'cluster', name: id })"],
  },
  {
    name: 'what events are about',
    // Options that name a cache are called as its kind is.
    except: 'cli/commands/engine/fault.ts',
    copies: (source) => [
      ...table(source, sourceTypes, 2),
      ...matches(source, new RegExp(`[sS]ource(?:Type)?(?::| =|\\) =| [!=]==) '(?:${sourceTypes.join('|')})'`, 'g')),
    ],
    samples: ["const SOURCES = ['cache-cluster', 'serverless-cache']", "addEvent({ sourceType: 'cache-cluster' })"],
  },
  {
    name: 'how many connections a node takes',
    copies: (source) => matches(source, /(?:= |: |\?\? |')65_?000\b|-65000'/g),
    samples: ['maxConnections ?? 65_000', "maxclients: ['65000', '1-65000']"],
  },
  {
    name: 'which operation lists what',
    copies: (source) =>
      table(
        source,
        kinds.map(({ describe: operation }) => operation),
        4,
      ),
    samples: [kinds.map(({ describe: operation, list }) => `${list}: '${operation}'`).join('\n')],
  },
  {
    name: 'what is answered when there is none of a kind',
    copies: (source) =>
      table(
        source,
        kinds.map(({ notFound }) => notFound),
        3,
      ),
    samples: [kinds.map(({ id, notFound }) => `${id}: '${notFound}'`).join('\n')],
  },
  {
    name: 'members never shown',
    copies: (source) => [...table(source, SECRET_MEMBERS, 2), ...matches(source, /AuthToken\|Passwords?/g)],
    samples: ["new Set(['AuthToken', 'Passwords'])"],
  },
  {
    name: 'units of metrics',
    copies: (source) =>
      matches(source, new RegExp(`'(?:${Object.keys(METRICS).join('|')})'[^'\n]*'(?:Bytes|Count|Percent)'`, 'g')),
    samples: ["metric('CPUUtilization', 'Percent', derived(cpuUtilization))"],
  },
]

/** Without comments, in which everything may be told. */
const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '')

/** The catalog itself, prose, what is generated, and tools are free to tell it again. */
const sources = [...readSources()].filter(([file]) => !/^(api\/catalog|api\/help|tools)\/|\.generated\.ts$/.test(file))

describe.each(FACTS)('$name: told by the catalog alone', ({ copies, samples, except }) => {
  test.each(samples)('a copy would be found: %s', (sample) => expect(copies(sample)).not.toEqual([]))

  test('there is none', () => {
    const told = sources.filter(([file]) => file !== except)
    const found = told.flatMap(([file, text]) => copies(code(text)).map((copy) => `${file}: ${copy}`))
    expect(found).toEqual([])
  })
})
