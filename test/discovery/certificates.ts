import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** TLS tests are skipped, saying so, where there is no openssl to make certificates with. */
export const hasOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** A throw-away authority and a certificate of its for these names (`DNS:localhost`, `IP:127.0.0.1`), as PEM. */
export function issueCertificate(...names: string[]): { ca: string; cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'))
  const openssl = (line: string): void => {
    execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'ignore' })
  }
  try {
    writeFileSync(join(folder, 'names'), `subjectAltName=${names.join(',')}\n`)
    const curve = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
    openssl(`req -x509 ${curve} -keyout ca.key -out ca.pem -days 2 -subj /CN=authority`)
    openssl(`req -new ${curve} -keyout node.key -out node.csr -subj /CN=node`)
    openssl('x509 -req -in node.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out node.pem')
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
    return { ca: read('ca.pem'), cert: read('node.pem'), key: read('node.key') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
