/**
 * The operations of CloudWatch that read metrics and keep alarms, in the form of the ElastiCache model: what its Query, JSON
 * and CBOR protocols have in common. `needed` is apart from `required` because CloudWatch has a fault of its own for what is missing.
 */
import type { Model } from '../../api/shapes.ts'
import { type AlarmOperation, alarmEnums, alarmOperations, alarmStructures } from './alarm-model.ts'
import { boolean, chosen, double, list, MAP_ITEM, number, string, structure, timestamp } from './members.ts'

type MetricsOperation = 'GetMetricStatistics' | 'GetMetricData' | 'ListMetrics'

export type CloudWatchOperation = MetricsOperation | AlarmOperation

const operation = (name: MetricsOperation) => ({ input: `${name}Input`, output: `${name}Output`, faults: [] })

export const cloudwatch: Model = {
  apiVersion: '2010-08-01',
  namespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
  operations: {
    GetMetricStatistics: operation('GetMetricStatistics'),
    GetMetricData: operation('GetMetricData'),
    ListMetrics: operation('ListMetrics'),
    ...alarmOperations,
  },
  structures: {
    Dimension: { required: [], members: { Name: string, Value: string } },
    Metric: {
      required: [],
      members: { Namespace: string, MetricName: string, Dimensions: list(structure('Dimension')) },
    },
    GetMetricStatisticsInput: {
      required: [],
      members: {
        Namespace: string,
        MetricName: string,
        Dimensions: list(structure('Dimension')),
        StartTime: timestamp,
        EndTime: timestamp,
        Period: number,
        Statistics: list(string),
        ExtendedStatistics: list(string),
        Unit: chosen('StandardUnit'),
      },
    },
    GetMetricStatisticsOutput: {
      required: [],
      members: { Label: string, Datapoints: list(structure('Datapoint')) },
    },
    Datapoint: {
      required: [],
      members: {
        Timestamp: timestamp,
        SampleCount: double,
        Average: double,
        Sum: double,
        Minimum: double,
        Maximum: double,
        Unit: string,
        ExtendedStatistics: list(structure('Percentile'), MAP_ITEM),
      },
    },
    Percentile: { required: [], members: { key: string, value: double } },
    GetMetricDataInput: {
      required: [],
      members: {
        MetricDataQueries: list(structure('MetricDataQuery')),
        StartTime: timestamp,
        EndTime: timestamp,
        NextToken: string,
        ScanBy: chosen('ScanBy'),
        MaxDatapoints: number,
        LabelOptions: structure('LabelOptions'),
      },
    },
    LabelOptions: { required: [], members: { Timezone: string } },
    MetricDataQuery: {
      required: [],
      members: {
        Id: string,
        MetricStat: structure('MetricStat'),
        Expression: string,
        Label: string,
        ReturnData: boolean,
        Period: number,
        AccountId: string,
      },
    },
    MetricStat: {
      required: [],
      members: { Metric: structure('Metric'), Period: number, Stat: string, Unit: chosen('StandardUnit') },
    },
    GetMetricDataOutput: {
      required: [],
      members: {
        MetricDataResults: list(structure('MetricDataResult')),
        NextToken: string,
        Messages: list(structure('MessageData')),
      },
    },
    MetricDataResult: {
      required: [],
      members: {
        Id: string,
        Label: string,
        Timestamps: list(timestamp),
        Values: list(double),
        StatusCode: string,
        Messages: list(structure('MessageData')),
      },
    },
    MessageData: { required: [], members: { Code: string, Value: string } },
    ListMetricsInput: {
      required: [],
      members: {
        Namespace: string,
        MetricName: string,
        Dimensions: list(structure('Dimension')),
        NextToken: string,
        RecentlyActive: chosen('RecentlyActive'),
        IncludeLinkedAccounts: boolean,
        OwningAccount: string,
      },
    },
    ListMetricsOutput: {
      required: [],
      members: { Metrics: list(structure('Metric')), NextToken: string, OwningAccounts: list(string) },
    },
    ...alarmStructures,
  },
  enums: {
    ScanBy: ['TimestampDescending', 'TimestampAscending'],
    RecentlyActive: ['PT3H'],
    ...alarmEnums,
    StandardUnit: [
      ...['Seconds', 'Microseconds', 'Milliseconds', 'Percent', 'Count', 'Count/Second', 'None'],
      ...['Bytes', 'Bits'].flatMap((unit) => {
        const sizes = ['', 'Kilo', 'Mega', 'Giga', 'Tera'].map((size) =>
          size === '' ? unit : `${size}${unit.toLowerCase()}`,
        )
        return [...sizes, ...sizes.map((size) => `${size}/Second`)]
      }),
    ],
  },
  faults: {},
}

export interface Dimension {
  readonly Name?: string
  readonly Value?: string
}

export interface GetMetricStatisticsInput {
  readonly Namespace?: string
  readonly MetricName?: string
  readonly Dimensions?: readonly Dimension[]
  readonly StartTime?: Date
  readonly EndTime?: Date
  readonly Period?: number
  readonly Statistics?: readonly string[]
  readonly ExtendedStatistics?: readonly string[]
  readonly Unit?: string
}

export interface MetricDataQuery {
  readonly Id?: string
  readonly MetricStat?: {
    readonly Metric?: Pick<GetMetricStatisticsInput, 'Namespace' | 'MetricName' | 'Dimensions'>
    readonly Period?: number
    readonly Stat?: string
    readonly Unit?: string
  }
  readonly Expression?: string
  readonly Label?: string
  readonly ReturnData?: boolean
  readonly Period?: number
  readonly AccountId?: string
}

export interface GetMetricDataInput {
  readonly MetricDataQueries?: readonly MetricDataQuery[]
  readonly StartTime?: Date
  readonly EndTime?: Date
  readonly NextToken?: string
  readonly ScanBy?: 'TimestampDescending' | 'TimestampAscending'
  readonly MaxDatapoints?: number
  readonly LabelOptions?: object
}

export interface ListMetricsInput {
  readonly Namespace?: string
  readonly MetricName?: string
  readonly Dimensions?: readonly Dimension[]
  readonly NextToken?: string
  readonly RecentlyActive?: 'PT3H'
  readonly IncludeLinkedAccounts?: boolean
  readonly OwningAccount?: string
}
