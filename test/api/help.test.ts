import { describe, expect, it } from 'vitest'
import { memberHelp, memberHelpOf } from '../../src/api/help/members.ts'
import { operationHelp } from '../../src/api/help/operations.ts'
import { examplesOf, groupOf, groups, helpOf, operationsIn, summaryOf } from '../../src/api/help.ts'
import { enumValues, inputOf, isOperation, type OperationName, operationNames, structure } from '../../src/api/model.ts'
import { kebabCase } from '../../src/api/names.ts'
import type { Member } from '../../src/api/shapes.ts'

const membersOf = (operation: OperationName) => Object.entries(inputOf(operation).members)

const everyMember = operationNames.flatMap((operation) =>
  membersOf(operation).map(([member, kind]) => ({ operation, member, kind, text: helpOf(operation, member) })),
)

const everyExample = operationNames.flatMap((operation) => examplesOf(operation).map((line) => ({ operation, line })))

/** Member names at any depth below a member. */
function keysWithin(kind: Member): string[] {
  if (kind.kind === 'list') return keysWithin(kind.of)
  if (kind.kind !== 'structure') return []
  return Object.entries(structure(kind.shape).members).flatMap(([key, inner]) => [key, ...keysWithin(inner)])
}

const flagsOf = (operation: OperationName) =>
  new Map(membersOf(operation).map(([member, kind]) => [`--${kebabCase(member)}`, { member, kind }]))

/** Words of a shell line that uses single quotes only. */
const wordsOf = (line: string) => [...line.matchAll(/(?:[^\s']|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''))

/** Flags of a command line with their values; flags every command has are left out. */
function argumentsOf(line: string): { command: string; flags: { flag: string; values: string[] }[] } {
  const [command = '', ...rest] = wordsOf(line)
  const flags: { flag: string; values: string[] }[] = []
  for (const word of rest) {
    if (word.startsWith('--')) flags.push({ flag: word, values: [] })
    else flags.at(-1)?.values.push(word)
  }
  return { command, flags: flags.filter(({ flag }) => flag !== '--query' && flag !== '--output') }
}

const elementOf = (kind: Member): Member => (kind.kind === 'list' ? kind.of : kind)

describe('summaries', () => {
  it('exist for every operation of the API, and for nothing else', () => {
    expect(Object.keys(operationHelp).sort()).toEqual([...operationNames].sort())
  })

  it('fit in 72 characters, begin with a capital letter and end without a full stop', () => {
    const bad = operationNames.filter((operation) => !/^[A-Z].{8,70}[^.\s]$/.test(summaryOf(operation)))
    expect(bad).toEqual([])
  })

  it('tell operations apart', () => {
    expect(new Set(operationNames.map(summaryOf)).size).toBe(operationNames.length)
  })
})

describe('groups', () => {
  it('hold every operation once', () => {
    expect(groups.flatMap(operationsIn).sort()).toEqual([...operationNames].sort())
    for (const operation of operationNames) expect(groups).toContain(groupOf(operation))
  })

  it('begin with cache clusters, and cache clusters with how to create one', () => {
    expect(groups[0]).toBe('Cache clusters')
    expect(operationsIn('Cache clusters')[0]).toBe('CreateCacheCluster')
  })

  it('are never empty', () => {
    expect(groups.filter((group) => operationsIn(group).length === 0)).toEqual([])
  })
})

describe('examples', () => {
  it('begin with the command of their operation', () => {
    for (const operation of operationNames) expect(examplesOf(operation)).not.toHaveLength(0)
    const bad = everyExample.filter(({ operation, line }) => argumentsOf(line).command !== kebabCase(operation))
    expect(bad).toEqual([])
  })

  it('use only flags the operation has, each once', () => {
    for (const { operation, line } of everyExample) {
      const used = argumentsOf(line).flags.map(({ flag }) => flag)
      expect(
        used.filter((flag) => !flagsOf(operation).has(flag)),
        line,
      ).toEqual([])
      expect(new Set(used).size, line).toBe(used.length)
    }
  })

  it('give every required member', () => {
    for (const { operation, line } of everyExample) {
      const used = argumentsOf(line).flags.map(({ flag }) => flag)
      const required = inputOf(operation).required.map((member) => `--${kebabCase(member)}`)
      expect(used, line).toEqual(expect.arrayContaining(required))
    }
  })

  it('give values of the member type', () => {
    for (const { operation, line } of everyExample) {
      for (const { flag, values } of argumentsOf(line).flags) {
        const kind = flagsOf(operation).get(flag)?.kind
        if (!kind) continue
        const where = `${flag} in ${line}`
        const element = elementOf(kind)
        if (kind.kind === 'boolean') expect(values, where).toEqual([])
        else if (kind.kind !== 'list') expect(values, where).toHaveLength(1)
        else expect(values, where).not.toEqual([])
        if (element.kind === 'number') for (const value of values) expect(value, where).toMatch(/^\d+$/)
        if (element.kind === 'timestamp') for (const value of values) expect(Date.parse(value), where).not.toBeNaN()
        if (element.kind === 'string' && element.enum)
          expect(enumValues(element.enum), where).toEqual(expect.arrayContaining(values))
        const keys = values.flatMap((value) => [...value.matchAll(/(\w+)=/g)].map(([, key]) => key))
        if (element.kind === 'structure') {
          expect(keys, where).not.toEqual([])
          expect(keysWithin(kind), where).toEqual(expect.arrayContaining(keys))
        }
      }
    }
  })

  it('quote what a shell would expand', () => {
    const bare = (line: string) => line.replaceAll(/'[^']*'/g, '')
    expect(everyExample.filter(({ line }) => /[{}[\]*~$`"&|;<>()\\]/.test(bare(line)))).toEqual([])
  })
})

describe('help of members', () => {
  it('exists for every input member of every operation, and for nothing else', () => {
    const names = new Set(everyMember.map(({ member }) => member))
    expect(Object.keys(memberHelp).sort()).toEqual([...names].sort())
  })

  it('fits in 90 characters, begins in lower case and ends without a full stop', () => {
    // ARN, KMS, ROTATE and the like are how they are written; one structure begins with its first key.
    const begins = /^(?:[a-z']|[A-Z][A-Z0-9]+s? |Region |DataStorage=)/
    const bad = everyMember.filter(({ text }) => !begins.test(text) || text.length > 90 || /[.\s]$/.test(text))
    expect(bad.map(({ operation, member, text }) => `${operation}.${member} ${text.length}: ${text}`)).toEqual([])
  })

  it('names at least one key of a structure, and no key it does not have', () => {
    for (const { operation, member, kind, text } of everyMember) {
      const keys = keysWithin(kind)
      const where = `${operation}.${member}: ${text}`
      if (keys.length > 0)
        expect(
          keys.some((key) => text.includes(key)),
          where,
        ).toBe(true)
      const named = [...text.matchAll(/(\w+)=/g)].map(([, key]) => key)
      expect(keys, where).toEqual(expect.arrayContaining(named))
    }
  })

  it('points only at flags the operation has and at commands that exist', () => {
    const commands = new Set(operationNames.map(kebabCase))
    for (const { operation, member, text } of everyMember) {
      const where = `${operation}.${member}: ${text}`
      const flags = [...text.matchAll(/--(?:no-)?([a-z0-9-]+)/g)].map(([, name]) => `--${name}`)
      expect([...flagsOf(operation).keys()], where).toEqual(expect.arrayContaining(flags))
      const named = [...text.matchAll(/(?<!-)\b(?:describe|list)-[a-z-]+/g)].map(([name]) => name)
      expect(
        named.filter((name) => !commands.has(name)),
        where,
      ).toEqual([])
    }
  })

  it('has an override only where it says something else', () => {
    for (const [key, text] of Object.entries(memberHelpOf)) {
      const [operation = '', member = ''] = key.split('.')
      expect(isOperation(operation) && member in inputOf(operation).members, key).toBe(true)
      expect(text, key).not.toBe((memberHelp as Readonly<Record<string, string>>)[member])
    }
  })

  it('differs by operation where the meaning does', () => {
    expect(helpOf('ModifyCacheCluster', 'NumCacheNodes')).toContain('--cache-node-ids-to-remove')
    expect(helpOf('CreateCacheCluster', 'NumCacheNodes')).not.toContain('--cache-node-ids-to-remove')
  })

  it('falls back to the words of a name it does not know', () => {
    expect(helpOf('CreateCacheCluster', 'ReplicasPerAZ')).toBe('replicas per az')
  })
})
