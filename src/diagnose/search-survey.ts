import type { DnsReply } from './dns-query.ts'
import { type NameSurvey, type SurveyOptions, surveyName } from './dns-survey.ts'
import { namesTried, type ResolvConf } from './resolv-conf.ts'

/** A name completed from the search list, and how its questions ended. */
export interface TriedName {
  readonly name: string
  /** `answered` by one server at least, or what the first server said for A and AAAA. */
  readonly outcome: string
}

/**
 * Surveys the names that glibc makes of one, in its order, until a server knows an address or none answers. The survey
 * is that of the last name tried that told something; `tried` holds all of them. Never rejects.
 */
export async function surveySearched(
  name: string,
  conf: ResolvConf,
  options: SurveyOptions,
): Promise<{ readonly survey: NameSurvey; readonly tried: readonly TriedName[] }> {
  const tried: TriedName[] = []
  let best: NameSurvey | undefined
  for (const each of namesTried(name, conf)) {
    const survey = await surveyName(each, options)
    const outcome = outcomeOf(survey)
    tried.push({ name: each, outcome })
    // A name that does not exist at all tells less than the name as it was typed.
    if (best === undefined || outcome === 'answered' || each === name.replace(/\.$/, '')) best = survey
    if (outcome === 'answered' || survey.views.every(({ a, aaaa }) => isSilent(a) && isSilent(aaaa))) break
  }
  if (!best) throw new Error(`glibc makes no name at all of ${name}`)
  return { survey: best, tried }
}

const isSilent = ({ outcome }: DnsReply): boolean => outcome === 'timeout' || outcome === 'unreachable'

function outcomeOf({ views }: NameSurvey): string {
  if (views.some(({ ipv4, ipv6 }) => ipv4.length + ipv6.length > 0)) return 'answered'
  const [first] = views
  if (!first) return 'no server'
  const said = [first.a, first.aaaa].map(({ code, outcome }) => code ?? outcome)
  return [...new Set(said)].join(', ')
}
