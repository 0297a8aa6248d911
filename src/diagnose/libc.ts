import type { GlibcParser } from './gai-conf.ts'

/** `2.36`; undefined where the C library is another one (musl, macOS, Windows). */
export function glibcVersion(): string | undefined {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return header?.glibcVersionRuntime
}

/** Bug 32465 was fixed in 2.41; before it prefixes without length and lines without value were read otherwise. */
export function parserOf(version: string): GlibcParser {
  const [major = 2, minor = 0] = version.split('.').map(Number)
  return major > 2 || minor >= 41 ? 'from 2.41' : 'up to 2.40'
}
