/** TLS where plain text is spoken, the reverse, and certificates that clients refuse. */
import { type Cause, failure, warning, wherever } from './cause.ts'
import { at, each, spokenThere, who } from './places.ts'

const GUIDE = 'User guide, "In-transit encryption (TLS)"'
const LOCAL_CA = 'For the local engine: cachectl engine ca'
const DAYS_OF_WARNING = 30

export const certificateCauses: readonly Cause[] = [
  {
    id: 'T01',
    title: 'the server speaks TLS, the client plain text',
    seat: 'certificate',
    source: `${GUIDE}; redis-py#1001, ioredis#1924: the classic hang`,
    odds: 0.05,
    suspect: (seen) =>
      wherever(seen, 'tls-only', (one) =>
        failure(
          at(one),
          `${who(one)} speaks TLS, and clients that speak plain text hang or are cut off.`,
          'Switch TLS on in the client (cachectl: --tls).',
          spokenThere(one),
        ),
      ),
  },
  {
    id: 'T02',
    title: 'the client speaks TLS, the server plain text',
    seat: 'certificate',
    source: `${GUIDE}; measured: ERR_SSL_WRONG_VERSION_NUMBER`,
    odds: 0.05,
    suspect: (seen) =>
      wherever(seen, 'plain-only', (one) =>
        failure(
          at(one),
          `${who(one)} speaks plain text, and clients that begin with TLS fail (wrong version number).`,
          'Switch TLS off in the client, or create the cluster with --transit-encryption-enabled.',
          spokenThere(one),
        ),
      ),
  },
  {
    id: 'T08',
    title: 'no TLS version or cipher in common',
    seat: 'certificate',
    source: `${GUIDE}: TLS 1.2 and 1.3`,
    odds: 0.01,
    suspect: (seen) =>
      wherever(seen, 'tls-refused', (one) =>
        failure(
          at(one),
          `${who(one)} refuses the TLS handshake (${one.tls?.code}): no version or cipher in common${/HANDSHAKE_FAILURE/.test(one.tls?.code ?? '') ? ', or it wants a certificate of the client' : ''}.`,
          'ElastiCache speaks TLS 1.2 and 1.3: update whichever side is older.',
          spokenThere(one),
        ),
      ),
  },
  {
    id: 'T09',
    title: 'the server wants a certificate of the client',
    seat: 'certificate',
    source: 'RFC 8446, 4.4.2; ElastiCache never does',
    odds: 0.01,
    suspect: (seen) =>
      wherever(seen, 'wants-certificate', (one) =>
        failure(
          at(one),
          `${who(one)} ends connections that bring no certificate of their own.`,
          'That is no ElastiCache node: a proxy with mutual TLS stands in front.',
          spokenThere(one),
        ),
      ),
  },
  {
    id: 'T07',
    title: 'a certificate is not valid today',
    seat: 'certificate',
    source: 'RFC 5280, 4.1.2.5',
    odds: 0.03,
    suspect: (seen) =>
      wherever(seen, 'out-of-date', (one) => {
        const [first] = one.tls?.chain ?? []
        const late = one.tls?.trust?.code === 'CERT_HAS_EXPIRED'
        const when = late
          ? `expired on ${first?.validTo.slice(0, 10)}`
          : `is valid only from ${first?.validFrom.slice(0, 10)}`
        return failure(
          at(one),
          `The certificate of ${at(one)} ${when}.`,
          'Compare the clock of this host; renew the certificate.',
          spokenThere(one),
        )
      }),
  },
  {
    id: 'T06',
    title: 'the certificate chain leads to no authority trusted here',
    seat: 'certificate',
    source: `${GUIDE}; measured`,
    odds: 0.05,
    suspect: (seen) =>
      wherever(seen, 'untrusted', (one) => {
        const why = WHY_DISTRUSTED[one.tls?.trust?.code ?? ''] ?? one.tls?.trust?.code
        return failure(
          at(one),
          `The certificate of ${at(one)} is not trusted here: ${why}.`,
          `Give clients the authority's certificate (cachectl: --ca file; Node: NODE_EXTRA_CA_CERTS). ${LOCAL_CA}`,
          spokenThere(one),
        )
      }),
  },
  {
    id: 'T05',
    title: 'the certificate is for another name',
    seat: 'certificate',
    source: `${GUIDE}; a wildcard covers one label only`,
    odds: 0.05,
    suspect: (seen) =>
      wherever(seen, 'wrong-name', (one) => {
        const names = one.tls?.chain[0]?.names.join(', ') || 'no name at all'
        const hint = 'Connect by a name of the certificate, or give it to the client as server name (SNI).'
        return failure(
          at(one),
          `The certificate of ${at(one)} is not for ${one.place.host}: it is for ${names}.`,
          hint,
          spokenThere(one),
        )
      }),
  },
  {
    id: 'T11',
    title: 'the certificate runs out soon',
    seat: 'certificate',
    source: 'RFC 5280, 4.1.2.5',
    suspect: ({ evidence: { addresses } }) =>
      each(addresses, ({ tls }) => tls?.trust?.ok === true && (tls.chain[0]?.daysLeft ?? 999) < DAYS_OF_WARNING).map(
        (one) =>
          warning(
            at(one),
            `The certificate of ${at(one)} runs out in ${one.tls?.chain[0]?.daysLeft} days.`,
            'Renew it.',
            spokenThere(one),
          ),
      ),
  },
]

const WHY_DISTRUSTED: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its root is not among the authorities of this client',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its root is not among the authorities of this client',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its issuer is unknown here, or the server does not send the certificate in between',
}
