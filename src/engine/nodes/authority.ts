import { isIP } from 'node:net'
import 'reflect-metadata' // @peculiar/x509 needs it before itself
import { webcrypto } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import * as x509 from '@peculiar/x509'
import { writeWhole } from '../store/durable-file.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const YEAR_MS = 365 * 24 * 3600 * 1000

export interface KeyAndCertificate {
  /** PEM. */
  readonly key: string
  /** PEM, the authority's certificate behind the node's own. */
  readonly cert: string
}

/**
 * The local certificate authority. Its key stays in the state directory (mode 0600); its certificate is what clients are told
 * to trust, so it is made once and kept.
 */
export class Authority {
  readonly #key: webcrypto.CryptoKey
  readonly #certificate: x509.X509Certificate

  private constructor(key: webcrypto.CryptoKey, certificate: x509.X509Certificate) {
    this.#key = key
    this.#certificate = certificate
  }

  static async open(files: { key: string; certificate: string }, now: number): Promise<Authority> {
    // The library is typed for the DOM's Crypto; Node's is the same interface.
    x509.cryptoProvider.set(webcrypto as never)
    if (existsSync(files.key) && existsSync(files.certificate)) {
      const [der] = x509.PemConverter.decode(readFileSync(files.key, 'utf8'))
      const key = await webcrypto.subtle.importKey('pkcs8', der as ArrayBuffer, ALGORITHM, false, ['sign']) // the file holds one
      return new Authority(key, new x509.X509Certificate(readFileSync(files.certificate, 'utf8')))
    }
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=cachectl local CA, O=cachectl',
      keys,
      signingAlgorithm: ALGORITHM,
      notBefore: new Date(now - 60_000),
      notAfter: new Date(now + 10 * YEAR_MS),
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    })
    // The certificate last: an authority with half of its files is made anew.
    writeWhole(files.key, await privateKeyPem(keys.privateKey))
    writeWhole(files.certificate, `${certificate.toString('pem')}\n`)
    return new Authority(keys.privateKey, certificate)
  }

  /** {@link issue}, or a certificate to rehearse with: one that has expired, or is of another name. */
  issueAs(
    kind: 'good' | 'expired' | 'mismatch',
    commonName: string,
    names: readonly string[],
    now: number,
  ): Promise<KeyAndCertificate> {
    if (kind === 'mismatch') return this.issue('other.invalid', ['other.invalid'], now, [])
    return this.issue(commonName, names, kind === 'expired' ? now - 2 * YEAR_MS : now)
  }

  /**
   * A server certificate for a cluster's nodes. `names` are DNS names, or addresses; the loopback addresses are in it if not told otherwise. AWS's own
   * wildcard lacks the `.cfg` label, so the configuration endpoint's name must be among the names.
   */
  async issue(
    commonName: string,
    names: readonly string[],
    now: number,
    addresses: readonly string[] = ['127.0.0.1', '::1'],
  ): Promise<KeyAndCertificate> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${commonName}`,
      issuer: this.#certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.#key,
      signingAlgorithm: ALGORITHM,
      notBefore: new Date(now - 60_000),
      notAfter: new Date(now + YEAR_MS),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([
          ...names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
          ...addresses.map((value) => ({ type: 'ip' as const, value })),
        ]),
        await x509.AuthorityKeyIdentifierExtension.create(this.#certificate),
      ],
    })
    return {
      key: await privateKeyPem(keys.privateKey),
      cert: `${certificate.toString('pem')}\n${this.#certificate.toString('pem')}\n`,
    }
  }
}

const privateKeyPem = async (key: webcrypto.CryptoKey): Promise<string> =>
  `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`
