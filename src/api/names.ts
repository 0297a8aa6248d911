import { partitionOf } from './catalog/regions.ts'

/** `CacheNodeIdsToRemove` -> `cache-node-ids-to-remove`, `AZMode` -> `az-mode`: the spelling of aws-cli's options. */
export function kebabCase(name: string): string {
  return name
    .replace('AZs', 'Azs') // aws-cli renames its own --preferred-cache-cluster-a-zs
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()
}

export interface Arn {
  readonly region: string
  readonly account: string
  readonly type: string
  readonly name: string
}

/** `arn:aws:elasticache:<region>:<account>:<type>:<name>`; undefined for anything else. The guide's own samples have
 * account ids of 10 digits, so the length of the account is not checked. */
export function parseArn(text: string): Arn | undefined {
  const match = /^arn:aws[\w-]*:elasticache:([a-z0-9-]+):(\d+):([a-z-]+):(.+)$/.exec(text)
  if (!match) return undefined
  const [, region = '', account = '', type = '', name = ''] = match
  return { region, account, type, name }
}

/** The reverse of {@link parseArn}, in the partition of the region. */
export const arn = ({ region, account, type, name }: Arn): string =>
  `arn:${partitionOf(region)}:elasticache:${region}:${account}:${type}:${name}`

/** Whether an operation changes nothing, by the API's own way of naming. */
export const onlyReads = (operation: string): boolean => /^(?:Describe|List)/.test(operation)
