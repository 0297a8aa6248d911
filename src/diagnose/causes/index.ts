import type { Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import { aliasCauses } from './aliases.ts'
import { apiCauses } from './api.ts'
import { type Cause, SEATS, type Suspicion } from './cause.ts'
import { certificateCauses } from './certificate.ts'
import { changeCauses } from './changes.ts'
import { clientCauses } from './clients.ts'
import { clusterCauses } from './cluster.ts'
import { dnsCauses } from './dns.ts'
import { type Believed, explain, type Suspected, weightOf } from './explain.ts'
import { familyCauses } from './families.ts'
import { flowCauses } from './flow.ts'
import { hostCauses } from './host.ts'
import { ingressCauses } from './ingress.ts'
import { listCauses } from './list.ts'
import { loadCauses } from './load.ts'
import { lossCauses } from './loss.ts'
import { nodeCauses } from './node.ts'
import { numberCauses } from './numbers.ts'
import { ownFilterCauses } from './own-filter.ts'
import { ownWayCauses } from './own-way.ts'
import { practiceCauses } from './practice.ts'
import { programCauses } from './programs.ts'
import { serverCauses } from './servers.ts'
import type { Sign } from './sign.ts'
import { seenIn } from './signs.ts'
import { trialCauses } from './trial.ts'
import { wayCauses } from './way.ts'
import { writtenCauses } from './written.ts'

export type { Cause } from './cause.ts'

export const causes: readonly Cause[] = [
  ...apiCauses,
  ...clusterCauses,
  ...changeCauses,
  ...dnsCauses,
  ...aliasCauses,
  ...hostCauses,
  ...ownFilterCauses,
  ...ownWayCauses,
  ...ingressCauses,
  ...familyCauses,
  ...wayCauses,
  ...lossCauses,
  ...flowCauses,
  ...certificateCauses,
  ...nodeCauses,
  ...loadCauses,
  ...trialCauses,
  ...numberCauses,
  ...writtenCauses,
  ...listCauses,
  ...serverCauses,
  ...clientCauses,
  ...programCauses,
]

/** Good practice: nothing is broken where these find something. */
export { practiceCauses }

/** The doctor's cause of this id, in any case. */
export const causeOf = (id: string): Cause | undefined =>
  [...causes, ...practiceCauses].find((cause) => cause.id.toLowerCase() === id.toLowerCase())

export interface Verdict {
  /** The worst first. */
  readonly findings: readonly Finding[]
  /** What was seen and has no cause among those that were asked of. */
  readonly unexplained: readonly Sign[]
}

/** What the evidence means. Pure. */
export function verdictOf(evidence: Evidence, which: readonly Cause[] = causes): Verdict {
  const seen = seenIn(evidence)
  const suspected = which.flatMap((cause, row) =>
    cause.suspect(seen).map((suspicion) => ({ ...suspicion, cause, row, odds: cause.odds ?? 1 })),
  )
  const { believed, unexplained } = explain(seen.signs, suspected)
  return { findings: [...believed].sort(byRank).map(findingOf), unexplained }
}

/** The causes alone, the first one first. */
export const judgeEvidence = (evidence: Evidence, which?: readonly Cause[]): readonly Finding[] =>
  verdictOf(evidence, which).findings

type Candidate = Suspected & Suspicion & { readonly cause: Cause; readonly row: number }

const SEVERITY = { failure: 0, warning: 1, note: 2 } as const

/** Failures before warnings, then what accounts for more, then what comes first on the way of a connection. */
function byRank(a: Believed<Candidate>, b: Believed<Candidate>): number {
  const weight = ({ explains }: Believed<Candidate>): number => explains.reduce((sum, sign) => sum + weightOf(sign), 0)
  return (
    SEVERITY[a.suspected.severity] - SEVERITY[b.suspected.severity] ||
    weight(b) - weight(a) ||
    SEATS.indexOf(a.suspected.cause.seat) - SEATS.indexOf(b.suspected.cause.seat) ||
    a.suspected.row - b.suspected.row
  )
}

function findingOf({ suspected, explains, rivals }: Believed<Candidate>): Finding {
  const { cause, row: _, odds: __, fits: ___, explains: ____, ...told } = suspected
  // The same cause, told of another name or of less, is nothing to decide between.
  const others = rivals.filter((rival) => rival.cause !== cause)
  return {
    id: cause.id,
    ...told,
    source: cause.source,
    ...(explains.length > 0 && { explains: explains.map(signTold) }),
    ...(others.length > 0 && { rivals: others.map(rivalOf) }),
  }
}

/** A sign as it is told: without the evidence behind it. */
export const signTold = ({ kind, at, sentence }: Sign): NonNullable<Finding['explains']>[number] => ({
  kind,
  at,
  sentence,
})

const rivalOf = ({ cause: { id }, sentence, evidence }: Candidate): NonNullable<Finding['rivals']>[number] => ({
  id,
  sentence,
  ...(evidence !== undefined && { evidence }),
})
