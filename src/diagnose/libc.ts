import { isAtLeast } from '../api/catalog/versions.ts'
import { processReport } from '../net/process-report.ts'
import type { GlibcParser } from './gai-conf.ts'

let known: { readonly version: string | undefined } | undefined

/** `2.36`; undefined where the C library is another one (musl, macOS, Windows). */
export function glibcVersion(): string | undefined {
  known ??= { version: reportedVersion() }
  return known.version
}

function reportedVersion(): string | undefined {
  return processReport().header?.glibcVersionRuntime
}

/** Bug 32465 was fixed in 2.41; before it prefixes without length and lines without value were read otherwise. */
export function parserOf(version: string): GlibcParser {
  return isAtLeast(version, '2.41') ? 'from 2.41' : 'up to 2.40'
}
