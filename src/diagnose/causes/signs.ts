/** All signs of the evidence. */
import type { Evidence } from '../evidence.ts'
import { aliasRows } from './aliases.ts'
import { evidentSigns, type Seen } from './cause.ts'
import { addressRows } from './changes.ts'
import { clusterRows } from './cluster.ts'
import { dnsRows } from './dns.ts'
import { listRows } from './list.ts'
import { serverRows } from './servers.ts'
import { keyOf, type Sign } from './sign.ts'
import { addressSigns } from './signs/addresses.ts'
import { changeSigns } from './signs/changes.ts'
import { clusterSigns } from './signs/clusters.ts'
import { hereSigns } from './signs/here.ts'
import { hostSigns } from './signs/host.ts'
import { nodeSigns } from './signs/nodes.ts'
import { programSigns } from './signs/programs.ts'
import { serviceSigns } from './signs/service.ts'
import { trialSigns } from './signs/trial.ts'
import { writtenSigns } from './signs/written.ts'

/** Each looks at one part of the evidence. Pure, and sees nothing on a healthy cluster. */
const LOOKS: readonly ((evidence: Evidence) => readonly Sign[])[] = [
  serviceSigns,
  clusterSigns,
  changeSigns,
  (evidence) =>
    evidentSigns([...clusterRows, ...dnsRows, ...aliasRows, ...listRows, ...addressRows, ...serverRows], evidence),
  addressSigns,
  trialSigns,
  nodeSigns,
  writtenSigns,
  hostSigns,
  hereSigns,
  programSigns,
]

/** Everything that is not so where all is well, each once. Pure. */
function signsOf(evidence: Evidence): Sign[] {
  return [...new Map(LOOKS.flatMap((look) => look(evidence)).map((sign) => [keyOf(sign), sign])).values()]
}

/** The evidence with its signs, and questions that causes ask of them. */
export function seenIn(evidence: Evidence): Seen {
  const signs = signsOf(evidence)
  return {
    evidence,
    signs,
    of: (...kinds) => signs.filter(({ kind }) => kinds.includes(kind)),
    at: (where, ...kinds) => signs.filter((sign) => sign.at === where && kinds.includes(sign.kind)),
  }
}
