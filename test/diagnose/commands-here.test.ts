import { expect, test } from 'vitest'
import { forThisHost, programsIn } from '../../src/diagnose/commands-here.ts'
import type { Finding } from '../../src/diagnose/finding.ts'

const finding: Finding = {
  id: 'R06',
  severity: 'failure',
  subject: '10.0.0.5:11211',
  sentence: 'It is rejected.',
  hint: 'Take it away: nft delete rule inet f o handle 2',
  fix: 'nft delete rule inet f o handle 2',
  evidence: "tcpdump -ni any 'icmp or icmp6'",
  check: 'ping -c 1 10.0.0.5; ip neigh show',
}
const AGAIN = 'cachectl doctor 10.0.0.5:11211'

test.each([
  ["printf 'a;b|c\\n' >> /tmp/file", []],
  ['cachectl kv stats 127.0.0.1:11211 settings | grep idle', ['grep']],
  ['ip route del $(ip -6 route show type blackhole); sysctl -w a=1', ['ip', 'sysctl']],
  ['ip link set dev $(ip -o route get ::1 | grep -oP "dev \\K\\S+") mtu 1280', ['ip', 'grep']],
])('%s starts %j', (command, programs) => {
  expect(programsIn(command)).toEqual(programs)
})

test('commands stay as they are where their programs are there', () => {
  expect(forThisHost(finding, () => true, AGAIN)).toEqual(finding)
})

test('where they are not, our own show it, and what mends says what it wants', () => {
  expect(forThisHost(finding, (program) => program === 'ip', AGAIN)).toEqual({
    ...finding,
    hint: `${finding.hint} (nft: not found on this host.)`,
    evidence: 'cachectl probe 10.0.0.5:11211 -c 3',
    check: AGAIN,
  })
})

test.each([
  ['cache.test', 'cachectl dns cache.test'],
  ['[fd00::1]:11211', "cachectl probe '[fd00::1]:11211' -c 3"],
  ['fd00::1', AGAIN],
  ['/etc/gai.conf:3', AGAIN],
  ['shop 0001', AGAIN],
  ['shop', AGAIN],
])('of %s it is shown by %s', (subject, command) => {
  expect(forThisHost({ ...finding, subject }, () => false, AGAIN).evidence).toBe(command)
})
