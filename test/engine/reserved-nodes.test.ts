import { describe, expect, test } from 'vitest'
import { startTestEngine } from '../support/engine.ts'
import { manualClock } from '../support/manual-clock.ts'

const GUIDE_OFFERING = '649fd0c8-cf6d-47a0-bfa6-060f8e75e95f'
const START = Date.UTC(2026, 10, 21, 9)
const YEAR = 365 * 24 * 3600_000

describe('offerings of reserved nodes', () => {
  test('come in every kind and term for a node type, and can be narrowed to one', async () => {
    const client = (await startTestEngine()).client()
    const { ReservedCacheNodesOfferings: all } = await client.describeReservedCacheNodesOfferings({
      CacheNodeType: 'cache.m5.large',
      ProductDescription: 'memcached',
    })
    expect(all?.map(({ OfferingType, Duration }) => `${OfferingType} ${Duration}`).sort()).toEqual([
      'All Upfront 31536000',
      'All Upfront 94608000',
      'No Upfront 31536000',
      'No Upfront 94608000',
      'Partial Upfront 31536000',
      'Partial Upfront 94608000',
    ])
    const { ReservedCacheNodesOfferings: one } = await client.describeReservedCacheNodesOfferings({
      CacheNodeType: 'cache.m5.large',
      Duration: '3',
      OfferingType: 'All Upfront',
      ProductDescription: 'memcached',
    })
    expect(one).toHaveLength(1)
    expect(one?.[0]).toMatchObject({
      CacheNodeType: 'cache.m5.large',
      Duration: 94_608_000,
      UsagePrice: 0,
      ProductDescription: 'memcached',
      RecurringCharges: [{ RecurringChargeAmount: 0, RecurringChargeFrequency: 'Hourly' }],
    })
    expect(one?.[0]?.FixedPrice).toBeGreaterThan(0)
    const { ReservedCacheNodesOfferings: seconds } = await client.describeReservedCacheNodesOfferings({
      CacheNodeType: 'cache.m5.large',
      Duration: '94608000',
      OfferingType: 'All Upfront',
      ProductDescription: 'memcached',
    })
    expect(seconds).toEqual(one)
    const redis = await client.describeReservedCacheNodesOfferings({
      ProductDescription: 'redis',
      CacheNodeType: 'cache.r6gd.xlarge',
    })
    expect(redis.ReservedCacheNodesOfferings).toHaveLength(6)
    const none = await client.describeReservedCacheNodesOfferings({
      ProductDescription: 'memcached',
      CacheNodeType: 'cache.r6gd.xlarge',
    })
    expect(none.ReservedCacheNodesOfferings).toEqual([])
  })

  test('come in pages that meet without a gap, each with an id of its own', async () => {
    const client = (await startTestEngine()).client()
    const ids: (string | undefined)[] = []
    let Marker: string | undefined
    do {
      const page = await client.describeReservedCacheNodesOfferings({ MaxRecords: 100, ...(Marker && { Marker }) })
      ids.push(...(page.ReservedCacheNodesOfferings ?? []).map((each) => each.ReservedCacheNodesOfferingId))
      Marker = page.Marker
    } while (Marker)
    expect(ids.length).toBeGreaterThan(200)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('a reserved node', () => {
  test('bought as the guide prints it is pending, active, and retired at the end of its term', async () => {
    const clock = manualClock(START)
    const engine = await startTestEngine({ clock, pace: 'realistic' })
    const client = engine.client()
    const bought = await client.purchaseReservedCacheNodesOffering({
      ReservedCacheNodesOfferingId: GUIDE_OFFERING,
      ReservedCacheNodeId: 'myreservationID',
    })
    expect(bought.ReservedCacheNode).toMatchObject({
      ReservedCacheNodeId: 'myreservationid',
      ReservedCacheNodesOfferingId: GUIDE_OFFERING,
      CacheNodeType: 'cache.m1.small',
      StartTime: new Date(START),
      Duration: 31_536_000,
      CacheNodeCount: 1,
      ProductDescription: 'memcached',
      OfferingType: 'Medium Utilization',
      State: 'payment-pending',
      ReservationARN: 'arn:aws:elasticache:us-west-2:000000000000:reserved-instance:myreservationid',
    })
    const state = async () =>
      (await client.describeReservedCacheNodes({ ReservedCacheNodeId: 'MyReservationID' })).ReservedCacheNodes?.[0]
        ?.State
    expect(await state()).toBe('payment-pending')
    clock.advanceTo(START + 60_000)
    expect(await state()).toBe('active')
    clock.advanceTo(START + YEAR)
    expect(await state()).toBe('retired')
  })

  test('has tags, is kept over a restart, and gets an id if it is given none', async () => {
    const stopped = await startTestEngine()
    const { ReservedCacheNode: bought } = await stopped.client().purchaseReservedCacheNodesOffering({
      ReservedCacheNodesOfferingId: GUIDE_OFFERING,
      CacheNodeCount: 3,
      Tags: [{ Key: 'Team', Value: 'a' }],
    })
    expect(bought?.ReservedCacheNodeId).toMatch(/^ri-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-\d{3}$/)
    await stopped.close()
    const client = (await startTestEngine({ stateDir: stopped.stateDir })).client()
    const { ReservedCacheNodes: kept } = await client.describeReservedCacheNodes({ Duration: '1' })
    expect(kept).toEqual([{ ...bought, State: 'active' }])
    const { TagList } = await client.listTagsForResource({ ResourceName: bought?.ReservationARN })
    expect(TagList).toEqual([{ Key: 'Team', Value: 'a' }])
    expect((await client.describeReservedCacheNodes({ Duration: '3' })).ReservedCacheNodes).toEqual([])
  })

  test('is refused for what is not on offer, a name that is taken, and more than 300', async () => {
    const client = (await startTestEngine()).client()
    const offering = { ReservedCacheNodesOfferingId: GUIDE_OFFERING }
    await client.purchaseReservedCacheNodesOffering({ ...offering, ReservedCacheNodeId: 'taken', CacheNodeCount: 299 })
    const refused = (input: object) =>
      expect(client.purchaseReservedCacheNodesOffering({ ...offering, ...input })).rejects
    await refused({ ReservedCacheNodesOfferingId: 'nosuch' }).toMatchObject({
      Code: 'ReservedCacheNodesOfferingNotFound',
    })
    await refused({ ReservedCacheNodeId: 'Taken' }).toMatchObject({ Code: 'ReservedCacheNodeAlreadyExists' })
    await refused({ ReservedCacheNodeId: 'a--b' }).toMatchObject({ Code: 'InvalidParameterValue' })
    await refused({ CacheNodeCount: 0 }).toMatchObject({ Code: 'InvalidParameterValue' })
    await refused({ CacheNodeCount: 2 }).toMatchObject({ Code: 'ReservedCacheNodeQuotaExceeded' })
  })

  test.each([
    ['an unknown reservation', { ReservedCacheNodeId: 'no' }, 'ReservedCacheNodeNotFound'],
    ['a term of two years', { Duration: '2' }, 'InvalidParameterValue'],
    ['an unknown node type', { CacheNodeType: 'cache.zz.huge' }, 'InvalidParameterValue'],
    ['an unknown kind', { OfferingType: 'Some Upfront' }, 'InvalidParameterValue'],
  ])('is not described by %s', async (_, input, Code) => {
    const client = (await startTestEngine()).client()
    await expect(client.describeReservedCacheNodes(input)).rejects.toMatchObject({ Code })
  })
})
