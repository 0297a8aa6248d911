import type { Dialect, PolicyTables } from './address-order.ts'
import { policyRows } from './gai-conf.ts'

/** How a library other than glibc orders addresses: its tables, and where it departs from the rules. */
export interface OrderPolicy {
  readonly tables: PolicyTables
  readonly dialect: Dialect
}

// RFC 6724, section 3.2: loopback is link-local.
const RFC_SCOPES = policyRows(['::ffff:169.254.0.0/112', 2], ['::ffff:127.0.0.0/104', 2], ['::ffff:0:0/96', 14])
const GLOBAL_SCOPE = policyRows(['::ffff:0:0/96', 14])

/** RFC 6724, section 2.1, plus the deprecated ranges. Windows ships it since 8.1 and 2012 R2. */
export const RFC_6724: PolicyTables = {
  precedences: policyRows(
    ['::1/128', 50],
    ['::/0', 40],
    ['::ffff:0:0/96', 35],
    ['2002::/16', 30],
    ['2001::/32', 5],
    ['fc00::/7', 3],
    ['fec0::/10', 1],
    ['3ffe::/16', 1],
    ['::/96', 1],
  ),
  labels: policyRows(
    ['::1/128', 0],
    ['::/0', 1],
    ['::ffff:0:0/96', 4],
    ['2002::/16', 2],
    ['2001::/32', 5],
    ['fc00::/7', 13],
    ['fec0::/10', 11],
    ['3ffe::/16', 12],
    ['::/96', 3],
  ),
  scopes: RFC_SCOPES,
}

/** net/addrselect.go: no deprecation, rule 9 for IPv6 only and within 64 bits (golang/go#13283, #18518). */
export const GO: OrderPolicy = {
  tables: RFC_6724,
  dialect: { deprecation: false, prefixMatch: 'first 64 bits of IPv6' },
}

/** src/network/lookup_name.c of musl 1.2: five rows, every IPv4 address of global scope. */
export const MUSL: OrderPolicy = {
  tables: {
    precedences: policyRows(
      ['::1/128', 50],
      ['::ffff:0:0/96', 35],
      ['2002::/16', 30],
      ['2001::/32', 5],
      ['fc00::/7', 3],
      ['::/0', 40],
    ),
    labels: policyRows(
      ['::1/128', 0],
      ['::ffff:0:0/96', 4],
      ['2002::/16', 2],
      ['2001::/32', 5],
      ['fc00::/7', 13],
      ['::/0', 1],
    ),
    scopes: GLOBAL_SCOPE,
  },
  dialect: { deprecation: false, prefixMatch: 'all bits' },
}

/** A model after the RFC: no Windows was asked. */
export const windowsPolicy = (tables: PolicyTables): OrderPolicy => ({
  tables,
  dialect: { deprecation: true, prefixMatch: 'IPv6 within the prefix of the source' },
})
