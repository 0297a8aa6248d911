/** Facts of global datastores (guide, "Replication across AWS Regions using global datastores"). */

/** What ids of those begin with that were created in a region. There are none in other regions. */
export const GLOBAL_ID_PREFIXES: Readonly<Record<string, string>> = {
  'us-east-1': 'ldgnf',
  'us-east-2': 'fpkhr',
  'us-west-1': 'virxk',
  'us-west-2': 'sgaui',
  'ca-central-1': 'bxodz',
  'ap-south-1': 'erpgt',
  'ap-northeast-1': 'quwsw',
  'ap-northeast-2': 'lfqnh',
  'ap-northeast-3': 'nlapn',
  'ap-southeast-1': 'vlqxn',
  'ap-southeast-2': 'vbgxd',
  'ap-east-1': 'knjmp',
  'eu-central-1': 'iudkw',
  'eu-west-1': 'gxeiz',
  'eu-west-2': 'okuqm',
  'eu-west-3': 'fgjhi',
  'sa-east-1': 'juxlw',
  'cn-north-1': 'emvgo',
  'cn-northwest-1': 'ckbem',
  'us-gov-west-1': 'sgwui',
}

/** Families of node types that can be in one; all their sizes are large at least. */
const NODE_FAMILIES: ReadonlySet<string> = new Set(['m5', 'm6g', 'm7g', 'r5', 'r6g', 'r6gd', 'r7g', 'c7gn'])

/** @param nodeType `cache.m6g.large` */
export const canBeGlobal = (nodeType: string): boolean => NODE_FAMILIES.has(nodeType.split('.')[1] ?? '')

/** Groups in other regions than the primary's. */
export const MOST_SECONDARIES = 2
