/**
 * Regions (guide, "Regions and Availability Zones"): the short code of node host names, the letters of the zones, and the
 * block of hours (UTC) a maintenance window falls into when none is asked for (guide, "Managing maintenance").
 * The guide prints codes for two regions only and no list of zones; the others are the ones in common use.
 */
export interface RegionFacts {
  readonly code: string
  readonly zones: readonly string[]
  /** Start of the block in minutes after midnight UTC, and its length. */
  readonly maintenanceBlock: { readonly start: number; readonly minutes: number }
}

/** [code, zone letters, start of the maintenance block, its length in minutes]; the block of the guide's table, else 22:00. */
const REGIONS: Readonly<Record<string, readonly [code: string, zones: string, start: string, minutes: number]>> = {
  'af-south-1': ['afs1', 'abc', '13:00', 480],
  'ap-east-1': ['ape1', 'abc', '13:00', 480],
  'ap-northeast-1': ['apne1', 'acd', '13:00', 480],
  'ap-northeast-2': ['apn2', 'abcd', '12:00', 480],
  'ap-northeast-3': ['apne3', 'abc', '12:00', 480],
  'ap-south-1': ['aps1', 'abc', '17:30', 480],
  'ap-south-2': ['aps2', 'abc', '22:00', 480],
  'ap-southeast-1': ['apse1', 'abc', '14:00', 480],
  'ap-southeast-2': ['apse2', 'abc', '12:00', 480],
  'ap-southeast-3': ['apse3', 'abc', '14:00', 480],
  'ca-central-1': ['cac1', 'abd', '22:00', 480],
  'ca-west-1': ['caw1', 'abc', '22:00', 480],
  'cn-north-1': ['cnn1', 'abd', '14:00', 480],
  'cn-northwest-1': ['cnnw1', 'abc', '14:00', 480],
  'eu-central-1': ['euc1', 'abc', '23:00', 480],
  'eu-central-2': ['euc2', 'abc', '22:00', 480],
  'eu-north-1': ['eun1', 'abc', '22:00', 480],
  'eu-south-1': ['eus1', 'abc', '21:00', 480],
  'eu-south-2': ['eus2', 'abc', '22:00', 480],
  'eu-west-1': ['euw1', 'abc', '22:00', 480],
  'eu-west-2': ['euw2', 'abc', '23:00', 480],
  'eu-west-3': ['euw3', 'abc', '23:59', 450],
  'il-central-1': ['ilc1', 'abc', '22:00', 480],
  'me-central-1': ['mec1', 'abc', '13:00', 480],
  'me-south-1': ['mes1', 'abc', '13:00', 480],
  'sa-east-1': ['sae1', 'abc', '01:00', 480],
  'us-east-1': ['use1', 'abcdef', '03:00', 480],
  'us-east-2': ['use2', 'abc', '04:00', 480],
  'us-gov-east-1': ['uge1', 'abc', '22:00', 480],
  'us-gov-west-1': ['ugw1', 'abc', '06:00', 480],
  'us-west-1': ['usw1', 'ac', '06:00', 480],
  'us-west-2': ['usw2', 'abcd', '06:00', 480],
}

const FACTS: ReadonlyMap<string, RegionFacts> = new Map(
  Object.entries(REGIONS).map(([region, [code, letters, start, minutes]]) => {
    const [hour = 0, minute = 0] = start.split(':').map(Number)
    const zones = [...letters].map((letter) => `${region}${letter}`)
    return [region, { code, zones, maintenanceBlock: { start: hour * 60 + minute, minutes } }]
  }),
)

/** All that we know of. */
export const regionNames: readonly string[] = [...FACTS.keys()]

/** The partition a region is of, as ARNs begin with it. */
export const partitionOf = (region: string): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'

/** Facts of a region; undefined for a name that is none. */
export const regionFacts = (region: string): RegionFacts | undefined => FACTS.get(region)
