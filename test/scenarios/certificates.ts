import 'reflect-metadata' // @peculiar/x509 needs it before itself
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

export type CertificateFault =
  | 'good'
  | 'self-signed'
  | 'expired'
  | 'not-yet'
  | 'wrong-name'
  | 'ends-soon'
  | 'unknown-authority'

export interface Issued {
  /** PEM, as in `tls.createServer`. */
  readonly cert: string
  readonly key: string
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000
const VALIDITY: Readonly<Partial<Record<CertificateFault, readonly [from: number, to: number]>>> = {
  expired: [-30, -2],
  'not-yet': [5, 90],
  'ends-soon': [-300, 9],
}

/** An authority for one scenario. */
export async function authority(name = 'scenario CA', now = Date.now()) {
  // The library is typed for the DOM's Crypto; Node's is the same interface.
  x509.cryptoProvider.set(webcrypto as never)
  const keys = await newKeys()
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(now - 400 * DAY_MS),
    notAfter: new Date(now + 400 * DAY_MS),
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  })
  const issue = async (fault: CertificateFault, host: string, isLarge = false): Promise<Issued> => {
    if (fault === 'unknown-authority') return (await authority('another CA', now)).issue('good', host)
    const own = await newKeys()
    const [from, to] = VALIDITY[fault] ?? [-1, 365]
    const altName = fault === 'wrong-name' ? 'other.example' : host
    const common = {
      subject: `CN=${altName}`,
      notBefore: new Date(now + from * DAY_MS),
      notAfter: new Date(now + to * DAY_MS),
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.SubjectAlternativeNameExtension([
          { type: /^[\d.]+$|:/.test(altName) ? 'ip' : 'dns', value: altName },
          // More than two full-size packets.
          ...Array.from({ length: isLarge ? 120 : 0 }, (_, at) => ({
            type: 'dns' as const,
            value: `name-number-${at}.example.test`,
          })),
        ]),
      ],
    }
    const certificate =
      fault === 'self-signed'
        ? await x509.X509CertificateGenerator.createSelfSigned({ ...common, name: common.subject, keys: own })
        : await x509.X509CertificateGenerator.create({
            ...common,
            issuer: root.subject,
            publicKey: own.publicKey,
            signingKey: keys.privateKey,
          })
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', own.privateKey)
    return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') }
  }
  return { ca: root.toString('pem'), issue }
}

const newKeys = () =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>
