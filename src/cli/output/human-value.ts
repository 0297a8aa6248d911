/** One value of an answer as a person reads it, on one line. Pure. */

import { isObject } from '../../api/objects.ts'
import { endpoint } from '../../net/target.ts'
import { absoluteTime, relativeTime } from './relative-time.ts'
import { type Style, statusText } from './style.ts'

export type Item = Readonly<Record<string, unknown>>

export const isItem = (value: unknown): value is Item => isObject(value) && !(value instanceof Date)

export const isItems = (value: unknown): value is readonly Item[] =>
  Array.isArray(value) && value.length > 0 && value.every(isItem)

/** Nothing to show: absent, '', [], {} and structures that hold nothing but such. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return isItem(value) && Object.values(value).every(isEmpty)
}

const isStatus = (name: string): boolean => /(Status|State)$/.test(name)

/** `name`: the member that holds it; those whose name ends in Status are coloured. */
export function valueText(value: unknown, name: string, style: Style): string {
  if (isEmpty(value)) return style.faint('-')
  if (value instanceof Date) return `${absoluteTime(value)} ${style.faint(`(${relativeTime(value, style.now)})`)}`
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.map((item) => valueText(item, name, style)).join(', ')
  if (isItem(value)) return structureText(value, style)
  return isStatus(name) ? statusText(String(value), style) : String(value)
}

function structureText(value: Item, style: Style): string {
  const { Address, Port, ...others } = value
  if (typeof Address === 'string' && typeof Port === 'number' && isEmpty(others)) return endpoint(Address, Port)
  const told = Object.entries(value).filter(([, inner]) => !isEmpty(inner))
  const [first] = told
  const said = ([name, inner]: (typeof told)[number]) => `${words(name)} ${valueText(inner, name, style)}`
  // {Name: "us-west-2a"} is us-west-2a.
  if (!first || !/(Name|Id|Identifier)$/.test(first[0])) return told.map(said).join(', ')
  const rest = told.slice(1).map(said).join(', ')
  return `${valueText(first[1], first[0], style)}${rest === '' ? '' : ` (${rest})`}`
}

/** `CacheNodeType` -> `cache node type`; `ARN`, `VpcId` keep the letters that stand for something. */
export function words(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(' ')
    .map((word) => (/^[A-Z]{2,}/.test(word) ? word : word.toLowerCase()))
    .join(' ')
}

/** What the member is called within a resource: `CacheClusterCreateTime` of a `CacheCluster` is `Create time`. */
export function label(name: string, shape: string): string {
  const short = name.length > shape.length && name.startsWith(shape) ? name.slice(shape.length) : name
  const spoken = words(
    short
      .replace(/^Num(?=[A-Z])/, '')
      .replace(/^Cache(?=[A-Z])/, '')
      .replace(/^Ip(?=[A-Z])/, 'IP'),
  )
  return spoken.slice(0, 1).toUpperCase() + spoken.slice(1)
}
