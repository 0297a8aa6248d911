/**
 * The protocols in which clients speak to CloudWatch: Query (older SDKs), JSON 1.0 (botocore, aws-cli), CBOR (newer SDKs).
 * What each has in its own way: how a request names its operation and input, and how outputs and faults are written.
 */
import { Fault } from '../../api/faults.ts'
import { isObject } from '../../api/objects.ts'
import { errorMessage } from '../../api/thrown.ts'
import { readJson } from '../http/json-body.ts'
import { decodeInput, encodeFault, encodeResult, readParameters } from '../http/query-protocol.ts'
import type { HttpAnswer, HttpRequest, RequestHead } from '../http/server.ts'
import { decodeCbor, encodeCbor } from './cbor.ts'
import { cloudwatch } from './model.ts'
import { plainValue, readObject } from './values.ts'

export interface Protocol {
  /** The name of the operation, whether there is such a one or not, and what its input is once it is known to be one. */
  read(request: HttpRequest): { readonly operation: string | undefined; readonly input: () => object }
  /** Of an operation of the model. */
  answer(operation: string, output: object, requestId: string): HttpAnswer
  refusal(fault: Fault, requestId: string): HttpAnswer
}

const TARGET = 'GraniteServiceVersion20100801'
const CBOR_PATH = /^\/service\/GraniteServiceVersion20100801\/operation\/(\w+)$/

/** Shapes whose names differ from their codes; newer SDKs go by the first, and by the second in a header of its own. */
const SHAPES: Readonly<Record<string, string>> = {
  InvalidParameterValue: 'InvalidParameterValueException',
  InvalidParameterCombination: 'InvalidParameterCombinationException',
  MissingParameter: 'MissingRequiredParameterException',
  InvalidFormat: 'InvalidFormatFault',
  LimitExceeded: 'LimitExceededFault',
}

const query: Protocol = {
  read(request) {
    const parameters = readParameters(request)
    const operation = parameters.get('Action')
    return { operation, input: () => decodeInput(operation ?? '', parameters, cloudwatch) }
  },
  answer: (operation, output, requestId) =>
    made(200, 'text/xml', encodeResult(operation, output, requestId, cloudwatch), requestId),
  refusal: (fault, requestId) => made(fault.status, 'text/xml', encodeFault(fault, requestId, cloudwatch), requestId),
}

const json: Protocol = {
  read({ headers, body }) {
    const operation = String(headers['x-amz-target']).slice(`${TARGET}.`.length)
    return { operation, input: () => readObject(`${operation}Input`, objectIn(parsed(body))) }
  },
  answer: (operation, output, requestId) =>
    made(200, JSON_TYPE, JSON.stringify(outputValue(operation, output, seconds)), requestId),
  refusal: (fault, requestId) =>
    made(fault.status, JSON_TYPE, JSON.stringify(document(fault)), requestId, queryError(fault)),
}

const cbor: Protocol = {
  read({ path, body }) {
    const operation = CBOR_PATH.exec(path)?.[1]
    const input = () => readObject(`${operation}Input`, objectIn(body.length === 0 ? {} : decodeCbor(body)))
    return { operation, input }
  },
  answer: (operation, output, requestId) =>
    made(200, CBOR_TYPE, encodeCbor(outputValue(operation, output, (time) => time)), requestId, CBOR),
  refusal: (fault, requestId) =>
    made(fault.status, CBOR_TYPE, encodeCbor(document(fault)), requestId, { ...CBOR, ...queryError(fault) }),
}

const JSON_TYPE = 'application/x-amz-json-1.0'
const CBOR_TYPE = 'application/cbor'
const CBOR = { 'smithy-protocol': 'rpc-v2-cbor' }

/** The protocol a request to CloudWatch is in; undefined: it is not for CloudWatch. Before its signature is known to be right. */
export function protocolOf({ headers, path, query: inUrl }: RequestHead): Protocol | undefined {
  if (path.startsWith('/service/')) return cbor
  const target = headers['x-amz-target']
  if (target !== undefined) return String(target).startsWith(`${TARGET}.`) ? json : undefined
  const credential = headers.authorization ?? new URLSearchParams(inUrl).get('X-Amz-Credential') ?? ''
  return credential.includes('/monitoring/aws4_request') ? query : undefined
}

const made = (
  status: number,
  contentType: string,
  body: string | Buffer,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer => ({ status, contentType, body, headers: { 'x-amzn-requestid': requestId, ...headers } })

function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value
  throw new Fault('ValidationError', 'The input must be an object.')
}

function parsed(body: Buffer): unknown {
  try {
    return readJson(body)
  } catch (error) {
    throw new Fault('ValidationError', `The request's body is not JSON: ${errorMessage(error)}`)
  }
}

/** Nothing of an operation that answers nothing. */
function outputValue(operation: string, output: object, times: (time: Date) => unknown): unknown {
  const shape = cloudwatch.operations[operation]?.output
  return shape ? plainValue({ kind: 'structure', shape }, output, times) : {}
}

const seconds = (time: Date): number => time.getTime() / 1000

const document = ({ code, message }: Fault) => ({ __type: `com.amazonaws.cloudwatch#${SHAPES[code] ?? code}`, message })

const queryError = ({ code, status }: Fault) => ({
  'x-amzn-query-error': `${code};${status < 500 ? 'Sender' : 'Receiver'}`,
})
