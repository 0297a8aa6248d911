/**
 * Node's report on this process, without its sockets: it asks DNS for the name of each one's peer, one after the other, which takes
 * seconds where DNS does not answer, and nothing else of this process runs meanwhile.
 */
export function processReport(): ProcessReport {
  // The types of Node 20 do not know the member, which every Node since 20.17 has.
  const report = process.report as typeof process.report & { excludeNetwork: boolean }
  const before = report.excludeNetwork
  report.excludeNetwork = true
  const told = report.getReport()
  report.excludeNetwork = before
  return told
}

/** What is read of it; the types of Node know of no member. */
interface ProcessReport {
  readonly header?: { readonly glibcVersionRuntime?: string }
  readonly userLimits?: { readonly open_files?: { readonly soft?: number | string } }
}

/** Seconds of processor time that this process has taken. */
export function resourceUsage(): { readonly system: number; readonly user: number } {
  const { system, user } = process.cpuUsage()
  return { system: system / 1e6, user: user / 1e6 }
}
