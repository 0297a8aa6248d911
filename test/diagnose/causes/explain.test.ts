import { describe, expect, test } from 'vitest'
import { shows } from '../../../src/diagnose/causes/cause.ts'
import { explain, type Suspected } from '../../../src/diagnose/causes/explain.ts'
import type { Sign, SignKind } from '../../../src/diagnose/causes/sign.ts'

const seen = (kind: SignKind, at: string): Sign => ({ kind, at, sentence: `${kind} at ${at}` })
const [a, b, c] = [seen('timeout', 'a:1'), seen('timeout', 'b:1'), seen('timeout', 'c:1')]

interface Named extends Suspected {
  readonly name: string
}
const suspected = (name: string, odds: number, ...signs: readonly Sign[]): Named => ({
  name,
  odds,
  explains: shows(0.9, ...signs),
})

function named(signs: readonly Sign[], ...all: readonly Named[]) {
  const { believed, unexplained } = explain(signs, all)
  return {
    believed: believed.map(({ suspected: { name }, explains, rivals }) => [
      name,
      explains.map(({ at }) => at),
      rivals.map((rival) => rival.name),
    ]),
    unexplained: unexplained.map(({ at }) => at),
  }
}

describe('what explains the signs', () => {
  test('is the cause of them all, not one cause for each, and each sign is told under it', () => {
    const dead = [a, b, c].map((sign) => suspected(`dead ${sign.at}`, 0.1, sign))
    expect(named([a, b, c], ...dead, suspected('gateway', 0.01, a, b, c))).toEqual({
      believed: [['gateway', ['a:1', 'b:1', 'c:1'], []]],
      unexplained: [],
    })
  })

  test('is told beside what nothing explains, which is not forced on any cause', () => {
    expect(named([a, b], suspected('dead a', 0.1, a))).toEqual({
      believed: [['dead a', ['a:1'], []]],
      unexplained: ['b:1'],
    })
  })

  test('is not what something else rules out, however common it is', () => {
    const common = { ...suspected('common', 0.5, a), fits: 0 }
    expect(named([a], common, suspected('rare', 0.01, a)).believed).toEqual([['rare', ['a:1'], []]])
  })

  test('is told with its rivals where it is hardly likelier than they are', () => {
    const rare = suspected('rare', 0.001, a)
    expect(named([a], suspected('one', 0.05, a), suspected('other', 0.04, a), rare).believed).toEqual([
      ['one', ['a:1'], ['other']],
    ])
  })

  test('has no rival in a second cause that is at work as well', () => {
    expect(named([a, b], suspected('one', 0.05, a), suspected('other', 0.05, b)).believed).toEqual([
      ['one', ['a:1'], []],
      ['other', ['b:1'], []],
    ])
  })
})

test('what is suspected without a sign is certain, unless it is ruled out', () => {
  const certain = { name: 'certain', odds: 1 }
  expect(named([a], certain, { name: 'ruled out', odds: 1, fits: 0 })).toEqual({
    believed: [['certain', [], []]],
    unexplained: ['a:1'],
  })
})
