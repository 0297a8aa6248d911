/**
 * The SDK's codec and signature over one plain HTTP request: what a call to the local engine needs of the SDK. Its
 * client adds endpoint rules, a credential chain, retries and TLS, which take three times as long to load as this.
 * A bundle of its own (see tools/build.ts): it shares no classes with the rest, so what it throws is as it came.
 */
import { AwsQueryProtocol } from '@aws-sdk/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Model } from '../../api/shapes.ts'
import * as schemas from '../call/operation-schemas.ts'
import { readOtherNames } from '../other-names.ts'
import { refuseUnreadable } from '../unreadable.ts'
import { keepWireTimes } from '../wire-times.ts'
import { postOnce } from './loopback-post.ts'
import { Sha256 } from './sha256.ts'
import type { LocalTarget } from './targets.ts'

export type LocalCall = (name: keyof typeof schemas, input: object, signal?: AbortSignal) => Promise<object>

type Context = Parameters<AwsQueryProtocol['serializeRequest']>[2]

const SERVICE = 'com.amazonaws.elasticache'

/** Calls reject with the SDK's service errors and with Node's own. */
export function localCaller(
  target: LocalTarget,
  { namespace, apiVersion }: Pick<Model, 'namespace' | 'apiVersion'>,
  userAgent: string,
): LocalCall {
  const url = new URL(target.url)
  const protocol = new AwsQueryProtocol({ defaultNamespace: SERVICE, xmlNamespace: namespace, version: apiVersion })
  keepWireTimes(protocol)
  readOtherNames(protocol)
  refuseUnreadable(protocol)
  const context = {
    endpoint: async () => ({ protocol: url.protocol, hostname: url.hostname, port: Number(url.port), path: '/' }),
    utf8Encoder: (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8'),
    utf8Decoder: (text: string) => Buffer.from(text, 'utf8'),
  } as unknown as Context // of a whole client's configuration, this is what the Query protocol asks for
  protocol.setSerdeContext(context)
  const { region, credentials, transport } = target
  const signer = new SignatureV4({ service: 'elasticache', region, credentials, sha256: Sha256 })
  return async (name, input, signal) => {
    const operation = operationOf(name)
    const request = await protocol.serializeRequest(operation, input, context)
    Object.assign(request.headers, { host: url.host, 'user-agent': userAgent })
    const signed = transport?.sign === false ? request : await signer.sign(request)
    const response = await postOnce(signed, signal, transport)
    return protocol.deserializeResponse(operation, context, response as never) // it reads status, headers and body alone
  }
}

function operationOf(name: keyof typeof schemas) {
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: every one of them is wanted
  const [, namespace, , , input, output] = schemas[name]
  return { namespace, name: `${namespace}#${name}`, traits: {}, input, output }
}
