import { endpoint } from '../../net/target.ts'
import type { AddressEvidence, Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import type { Sign, SignKind } from './sign.ts'

/** Where causes sit, in the order a connection comes about: of equals, what fails earlier is told first. */
export const SEATS = [
  'api',
  'cluster',
  'dns',
  'host',
  'way',
  'node',
  'certificate',
  'list',
  'program',
  'practice',
] as const
export type Seat = (typeof SEATS)[number]

/** What causes are suspected from. */
export interface Seen {
  readonly evidence: Evidence
  readonly signs: readonly Sign[]
  /** Signs of these kinds, wherever they were seen. */
  readonly of: (...kinds: readonly SignKind[]) => readonly Sign[]
  /** Signs of these kinds at this place. */
  readonly at: (where: string, ...kinds: readonly SignKind[]) => readonly Sign[]
}

export interface Explained {
  readonly sign: Sign
  /** The chance that the cause makes it show, of 1. */
  readonly surely: number
}

/** A cause that may be at work somewhere, and how it is told if it is. */
export interface Suspicion extends Omit<Finding, 'id' | 'source' | 'explains' | 'rivals'> {
  /** What it would make us see. None: it is known for certain, and told whatever else is. */
  readonly explains?: readonly Explained[]
  /** How likely all else that was seen is if it were so: 1 where nothing speaks against it, 0 where something rules it out. */
  readonly fits?: number
}

/** Something that goes wrong. Causes know signs and evidence, and never each other. */
export interface Cause {
  /** Stable, for --only, --skip, --explain and scripts. */
  readonly id: string
  readonly title: string
  readonly seat: Seat
  /** Where the knowledge comes from. */
  readonly source: string
  /** How common it is among all that goes wrong with caches, of 1. Absent: it needs no belief, it is told where it is seen. */
  readonly odds?: number
  /** Wherever it may be at work. Pure, and nothing on a healthy cluster. */
  readonly suspect: (seen: Seen) => readonly Suspicion[]
}

export type Told = Omit<Suspicion, 'explains'>

/** What to do, in words; or with the command that does it, to be pasted, and what is to be known of it. */
export type Hint = string | readonly [say: string, fix: string, then?: string]

export const failure = (subject: string, sentence: string, hint: Hint, evidence?: string): Told =>
  told('failure', subject, sentence, hint, evidence)
export const warning = (subject: string, sentence: string, hint: Hint, evidence?: string): Told =>
  told('warning', subject, sentence, hint, evidence)
export const note = (subject: string, sentence: string, hint: Hint, evidence?: string): Told =>
  told('note', subject, sentence, hint, evidence)

/** With more words before it, and after it. */
export function amid(before: string, hint: Hint, after = ''): Hint {
  const [say, fix, then = ''] = typeof hint === 'string' ? [hint] : hint
  const all = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ')
  return fix === undefined ? all(before, say, after) : [all(before, say), fix, all(then, after)]
}

/** All of it, as one text. */
const hintText = (hint: Hint): string =>
  typeof hint === 'string' ? hint : hint.filter((part) => part !== '').join(' ')

const told = (severity: Told['severity'], subject: string, sentence: string, hint: Hint, evidence?: string): Told => ({
  severity,
  subject,
  sentence,
  hint: hintText(hint),
  ...(typeof hint !== 'string' && { fix: hint[1] }),
  ...(evidence !== undefined && { evidence }),
})

/** Each of these signs as surely. */
export const shows = (surely: number, ...signs: readonly Sign[]): Explained[] => signs.map((sign) => ({ sign, surely }))

/** Of what nothing else makes show, and of what follows from it. */
const [ALWAYS, OFTEN] = [0.99, 0.9]

/** One suspicion for each address that shows a sign; of these kinds, what else shows there, or at its place by name, follows from it. */
export const wherever = (
  seen: Seen,
  kind: SignKind,
  tell: (one: AddressEvidence) => Told,
  ...follows: readonly SignKind[]
): Suspicion[] =>
  seen.of(kind).flatMap((sign) => {
    if (!sign.address) return []
    const { host, port } = sign.address.place
    const others = new Set([sign.at, endpoint(host, port)].flatMap((where) => seen.at(where, ...follows)))
    return [{ ...tell(sign.address), explains: [...shows(ALWAYS, sign), ...shows(OFTEN, ...others)] }]
  })

/** One suspicion for all addresses that show it: what is at work often takes in several. */
export function grouped(
  seen: Seen,
  kind: SignKind,
  tell: (signs: readonly Sign[], ones: readonly [AddressEvidence, ...AddressEvidence[]]) => Suspicion,
): Suspicion[] {
  const signs = seen.of(kind)
  const [first, ...more] = signs.flatMap(({ address }) => address ?? [])
  return first ? [tell(signs, [first, ...more])] : []
}

/** A cause that is seen as itself. What it finds is a sign, which other causes may account for as well. */
export interface Evident extends Omit<Cause, 'suspect' | 'odds'> {
  readonly odds: number
  readonly shows: SignKind
  /** At most one for each subject. */
  readonly find: (evidence: Evidence) => readonly Told[]
  /** What follows from it. */
  readonly follows?: (seen: Seen, told: Told) => readonly Explained[]
}

/** As a cause among others. */
export const evident = ({ shows: kind, find, follows = () => [], ...cause }: Evident): Cause => ({
  ...cause,
  suspect: (seen) =>
    foundIn(seen.evidence, find).map((told) => ({
      ...told,
      explains: [...shows(ALWAYS, ...seen.at(told.subject, kind)), ...follows(seen, told)],
    })),
})

/** Looked for once in each evidence: several causes and signs want the same of it. */
export function onceFor<T>(find: (evidence: Evidence) => T): (evidence: Evidence) => T {
  const found = new WeakMap<Evidence, { readonly value: T }>()
  return (evidence) => {
    const known = found.get(evidence) ?? { value: find(evidence) }
    found.set(evidence, known)
    return known.value
  }
}

const remembering = new WeakMap<Evident['find'], Evident['find']>()

/** What a row finds is wanted as a sign, and as a cause. */
function foundIn(evidence: Evidence, find: Evident['find']): readonly Told[] {
  const known = remembering.get(find) ?? onceFor(find)
  remembering.set(find, known)
  return known(evidence)
}

const GRAVITY = { failure: 'broken', warning: 'impaired', note: 'odd' } as const

/** As signs. */
export const evidentSigns = (rows: readonly Evident[], evidence: Evidence): Sign[] =>
  rows.flatMap(({ shows: kind, find }) =>
    foundIn(evidence, find).map(({ subject, sentence, severity }) => ({
      kind,
      at: subject,
      sentence,
      gravity: GRAVITY[severity],
    })),
  )
