import { expect, test } from 'vitest'
import type { Finding } from '../../src/diagnose/finding.ts'
import { junitText } from '../../src/diagnose/junit.ts'

const rules = [
  { id: 'A1', title: 'nothing listens', seat: 'node' },
  { id: 'A2', title: 'it is <slow>', seat: 'way' },
] as const

const found = (id: string, severity: Finding['severity'], subject: string): Finding => ({
  id,
  severity,
  subject,
  sentence: `${subject} & more`,
  hint: 'Do it.',
})

const told = (findings: readonly Finding[], failOn: Finding['severity'], unexplained?: { sentence: string }[]) =>
  junitText({ name: 'doctor shop', rules, findings, unexplained }, failOn)

test('a rule that finds nothing is a test that passes', () => {
  expect(told([], 'warning').split('\n')).toEqual([
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites tests="2" failures="0" errors="0">',
    '  <testsuite name="doctor shop" tests="2" failures="0" errors="0">',
    '    <testcase classname="doctor.node" name="A1 nothing listens"/>',
    '    <testcase classname="doctor.way" name="A2 it is &lt;slow&gt;"/>',
    '  </testsuite>',
    '</testsuites>',
  ])
})

test('each finding is a test of its own, and fails where it is grave enough', () => {
  const findings = [found('A1', 'failure', 'a:1'), found('A1', 'failure', 'b:1'), found('A2', 'warning', 'c')]
  const failing = (failOn: Finding['severity']) =>
    [...told(findings, failOn).matchAll(/<failure type="\w+" message="(\S+) &amp; more">/g)].map(
      ([, subject]) => subject,
    )
  expect(failing('failure')).toEqual(['a:1', 'b:1'])
  expect(failing('warning')).toEqual(['a:1', 'b:1', 'c'])
  expect(told(findings, 'failure')).toContain('<system-out>c &amp; more\nFix: Do it.</system-out>')
})

test('what no rule explains fails, whatever else does', () => {
  const text = told([], 'failure', [{ sentence: 'a:1 is silent' }])
  expect(text).toContain('<testsuites tests="3" failures="1" errors="0">')
  expect(text).toContain('message="a:1 is silent"')
})
