import { expect, test } from 'vitest'
import { type Course, NO_COURSE, nextLook } from '../../src/diagnose/episodes.ts'
import type { Finding } from '../../src/diagnose/finding.ts'

const trouble = (id: string, severity: Finding['severity'] = 'failure'): Finding => ({
  id,
  severity,
  subject: 'a:1',
  sentence: `${id} is so.`,
  hint: '',
})

/** What each look changes: `R05 begins`, `R05 over after 2, time 1`. */
function changes(...looks: readonly (readonly Finding[])[]): string[][] {
  let course: Course = NO_COURSE
  return looks.map((findings, at) => {
    const next = nextLook(course, `t${at}`, findings)
    course = next.course
    return next.changes.map(({ id, over, seen, since, times }) =>
      over === undefined ? `${id} begins, time ${times}` : `${id} over since ${since} after ${seen}, time ${times}`,
    )
  })
}

test('a trouble is told when it begins and when it is over, with since when and in how many looks', () => {
  const r05 = trouble('R05')
  expect(changes([], [r05], [r05], [], [])).toEqual([
    [],
    ['R05 begins, time 1'],
    [],
    ['R05 over since t1 after 2, time 1'],
    [],
  ])
})

test('one that comes back is told as the second time', () => {
  const r05 = trouble('R05')
  expect(changes([r05], [], [r05], [])).toEqual([
    ['R05 begins, time 1'],
    ['R05 over since t0 after 1, time 1'],
    ['R05 begins, time 2'],
    ['R05 over since t2 after 1, time 2'],
  ])
})

test('one that turns into another ends where the other begins, and notes are none', () => {
  expect(changes([trouble('R05')], [trouble('T03'), trouble('P08', 'note')])).toEqual([
    ['R05 begins, time 1'],
    ['R05 over since t0 after 1, time 1', 'T03 begins, time 1'],
  ])
})
