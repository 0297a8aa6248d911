import { model } from '../../api/model.generated.ts'
import type { Input, OperationName, Output } from '../../api/model.ts'
import { CallFailed } from '../problem.ts'
import { version } from '../version.ts'
import type { AwsTarget, LocalTarget, Target } from './targets.ts'

/** The ElastiCache API at a target. */
export interface ApiClient {
  readonly target: Target
  /** Rejects with {@link CallFailed}. */
  call<N extends OperationName>(name: N, input: Input<N>, signal?: AbortSignal): Promise<Output<N>>
  close(): void
}

/** Loads what the target needs of the SDK, and no more. */
export async function openClient(target: Target): Promise<ApiClient> {
  const client = await (target.kind === 'local' ? openLocalClient(target) : openAwsClient(target))
  return target.transport?.debug ? (await import('../debug.ts')).withDebug(client) : client
}

async function openLocalClient(target: LocalTarget): Promise<ApiClient> {
  const { localCaller } = await import('./local-client.ts')
  const call = localCaller(target, model, `cachectl/${version}`)
  return {
    target,
    call: (name, input, signal) => answerOf(name, input, call(name, input, signal), async () => target.url),
    close() {},
  }
}

async function openAwsClient(target: AwsTarget): Promise<ApiClient> {
  const { awsCaller } = await import('./aws-client.ts')
  const { call, url, close } = awsCaller(target)
  return { target, call: (name, input, signal) => answerOf(name, input, call(name, input, signal), url), close }
}

async function answerOf<N extends OperationName>(
  name: N,
  input: object,
  answer: Promise<object>,
  url: () => Promise<string | undefined>,
): Promise<Output<N>> {
  try {
    const { $metadata: _, ...output }: { $metadata?: unknown } = { ...(await answer) }
    return output as Output<N> // the codec made it by the operation's own schema
  } catch (error) {
    throw new CallFailed(name, await url(), error, input)
  }
}
