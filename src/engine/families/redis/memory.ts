/** What a node of Redis OSS or Valkey has for keys. Pure. */
import type { NodeType } from '../../../api/catalog/node-types.ts'
import { effectiveValue, existsIn } from '../parameter.ts'
import { PARAMETERS, type ParameterValues } from './parameters.ts'

/**
 * Bytes for keys: a part of the node's memory is reserved for copies and connections, by percent, or where a family has both and the
 * group sets it, in bytes (guide, "Managing reserved memory").
 */
export function memoryForItems(values: ParameterValues, version: string, { maxmemory }: NodeType): number {
  const bytes = existsIn(PARAMETERS['reserved-memory'], version) ? Number(values['reserved-memory'] ?? 0) : 0
  const percent = Number(effectiveValue(PARAMETERS, values, 'reserved-memory-percent', version))
  const reserved = bytes > 0 ? bytes : (maxmemory * percent) / 100
  return Math.max(0, Math.floor(maxmemory - reserved))
}

/** Why a node cannot start with these values, in words; undefined when it can. */
export function incompatibility(values: ParameterValues, version: string, type: NodeType): string | undefined {
  if (memoryForItems(values, version, type) > 0) return undefined
  return `what is reserved leaves no memory for keys of the ${type.maxmemory} bytes of ${type.name}.`
}
