import { describe, expect, test } from 'vitest'
import { ruleAbout, type Traffic } from '../../src/diagnose/firewall-rules.ts'

const NFT = `table inet t { # handle 1
	chain o { # handle 1
		type filter hook output priority filter; policy accept;
		ip daddr 10.2.0.12 udp dport 53 drop # handle 2
		ip daddr { 10.2.0.11, 10.2.0.13 } counter packets 3 bytes 180 drop # handle 3
		tcp dport 11000-11300 reject with tcp reset # handle 4
	}
	chain i { # handle 5
		type filter hook input priority filter; policy drop;
		iif "lo" accept # handle 6
	}
}
`
const SAVED = `*nat
:OUTPUT ACCEPT [0:0]
-A OUTPUT -d 10.3.0.0/24 -p tcp -m tcp --dport 11211 -j REDIRECT --to-ports 15001
COMMIT
`

const asked = (outputs: Readonly<Record<string, string>>, traffic: Partial<Traffic>) =>
  ruleAbout(
    { address: '10.2.0.11', port: 11211, direction: 'out', ...traffic },
    async (program) => outputs[program] ?? '',
  )

describe('the rule that stops packets to a place', () => {
  test('is the one that names it, and comes with what takes it away', async () => {
    expect(await asked({ nft: NFT }, {})).toMatchObject({ verdict: 'drop', fix: 'nft delete rule inet t o handle 3' })
  })

  test('may name a range of ports and no address', async () => {
    expect(await asked({ nft: NFT }, { address: '10.2.0.12' })).toMatchObject({
      verdict: 'reject',
      fix: 'nft delete rule inet t o handle 4',
    })
  })

  test('may be what a chain does with all the rest: then a rule is added', async () => {
    expect((await asked({ nft: NFT }, { direction: 'in' }))?.fix).toBe(
      'nft insert rule inet t i ip saddr 10.2.0.11 tcp sport 11211 accept',
    )
  })

  test('of iptables is taken away by iptables', async () => {
    expect(await asked({ 'iptables-save': SAVED }, { address: '10.3.0.7' })).toMatchObject({
      verdict: 'redirect',
      fix: 'iptables -t nat -D OUTPUT -d 10.3.0.0/24 -p tcp -m tcp --dport 11211 -j REDIRECT --to-ports 15001',
    })
  })

  test('is none where none is about it, or none may be read', async () => {
    expect(await asked({ 'iptables-save': SAVED }, {})).toBeUndefined()
    expect(await asked({}, {})).toBeUndefined()
  })
})
