/** `--dry-run`: the request and what can be seen of it without sending it. */
import type { OperationName } from '../../api/model.ts'
import { mostNodesAt } from '../caches/quotas.ts'
import { ExitWith } from '../problem.ts'
import { openClient } from '../target/client.ts'
import { describeTarget, type Target } from '../target/targets.ts'
import { printLine, tell } from '../terminal.ts'
import { checkRequest, complaintText } from './checks.ts'
import { checkAtTarget } from './checks-at-target.ts'
import { inRequests } from './parameter-chunks.ts'

const FINDINGS = 1

/** The request goes to stdout as --cli-input-json takes it. Leaves with 1 when something is wrong with it. */
export async function showRequest(name: OperationName, input: object, target: Target): Promise<void> {
  tell(`Not sent: ${name} to ${describeTarget(target)}`)
  printLine(JSON.stringify(input, (_, value) => (typeof value === 'bigint' ? Number(value) : value), 4))
  const requests = inRequests(name, input).length
  if (requests > 1) tell(`It would be sent in ${requests} requests: the API takes no more parameters at once.`)
  const mostNodes = name === 'CreateCacheCluster' ? await mostNodesAt(target) : undefined
  const complaints = [...checkRequest(name, input, mostNodes), ...(await seenAt(target, name, input))]
  const isFine = complaints.every(({ doubt }) => doubt)
  if (isFine) tell('Nothing wrong can be seen without sending it.')
  for (const complaint of complaints) tell(complaintText(complaint))
  if (!isFine) throw new ExitWith(FINDINGS)
}

async function seenAt(target: Target, name: OperationName, input: object) {
  const client = await openClient(target)
  try {
    return await checkAtTarget(client, name, input)
  } finally {
    client.close()
  }
}
