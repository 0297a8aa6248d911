/** The operations of CloudWatch that keep metric alarms, and the tags of these. */
import type { Operation, Structure } from '../../api/shapes.ts'
import { boolean, chosen, double, list, number, string, structure, timestamp } from './members.ts'

/** Whether an operation answers anything. */
const ANSWERS = {
  PutMetricAlarm: false,
  DescribeAlarms: true,
  DescribeAlarmsForMetric: true,
  DescribeAlarmHistory: true,
  DeleteAlarms: false,
  SetAlarmState: false,
  EnableAlarmActions: false,
  DisableAlarmActions: false,
  ListTagsForResource: true,
  TagResource: true,
  UntagResource: true,
} as const

export type AlarmOperation = keyof typeof ANSWERS

export const isAlarmOperation = (name: string): name is AlarmOperation => Object.hasOwn(ANSWERS, name)

export const alarmOperations: Readonly<Record<string, Operation>> = Object.fromEntries(
  Object.entries(ANSWERS).map(([name, answers]): [string, Operation] => [
    name,
    { input: `${name}Input`, output: answers ? `${name}Output` : null, faults: [] },
  ]),
)

const of = (members: Structure['members']): Structure => ({ required: [], members })

/** What is said of an alarm, in requests and answers. */
const CONFIGURATION: Structure['members'] = {
  AlarmName: string,
  AlarmDescription: string,
  ActionsEnabled: boolean,
  OKActions: list(string),
  AlarmActions: list(string),
  InsufficientDataActions: list(string),
  MetricName: string,
  Namespace: string,
  Statistic: chosen('Statistic'),
  ExtendedStatistic: string,
  Dimensions: list(structure('Dimension')),
  Period: number,
  Unit: chosen('StandardUnit'),
  EvaluationPeriods: number,
  DatapointsToAlarm: number,
  Threshold: double,
  ComparisonOperator: chosen('ComparisonOperator'),
  TreatMissingData: string,
  EvaluateLowSampleCountPercentile: string,
}

const NAMES: Structure['members'] = { AlarmNames: list(string) }
const PAGE: Structure['members'] = { MaxRecords: number, NextToken: string }

export const alarmStructures: Readonly<Record<string, Structure>> = {
  PutMetricAlarmInput: of({
    ...CONFIGURATION,
    Metrics: list(structure('MetricDataQuery')),
    ThresholdMetricId: string,
    Tags: list(structure('Tag')),
    EvaluationCriteria: structure('EvaluationCriteria'),
    EvaluationInterval: number,
  }),
  EvaluationCriteria: of({ PromQLCriteria: structure('PromQLCriteria') }),
  PromQLCriteria: of({ Query: string, PendingPeriod: number, RecoveryPeriod: number }),
  MetricAlarm: of({
    ...CONFIGURATION,
    AlarmArn: string,
    AlarmConfigurationUpdatedTimestamp: timestamp,
    StateValue: string,
    StateReason: string,
    StateReasonData: string,
    StateUpdatedTimestamp: timestamp,
    StateTransitionedTimestamp: timestamp,
  }),
  // There are none, and lists of them are empty.
  CompositeAlarm: of({}),
  DescribeAlarmsInput: of({
    ...NAMES,
    AlarmNamePrefix: string,
    AlarmTypes: list(chosen('AlarmType')),
    ChildrenOfAlarmName: string,
    ParentsOfAlarmName: string,
    StateValue: chosen('StateValue'),
    ActionPrefix: string,
    ...PAGE,
  }),
  DescribeAlarmsOutput: of({
    CompositeAlarms: list(structure('CompositeAlarm')),
    MetricAlarms: list(structure('MetricAlarm')),
    NextToken: string,
  }),
  DescribeAlarmsForMetricInput: of({
    MetricName: string,
    Namespace: string,
    Statistic: chosen('Statistic'),
    ExtendedStatistic: string,
    Dimensions: list(structure('Dimension')),
    Period: number,
    Unit: chosen('StandardUnit'),
  }),
  DescribeAlarmsForMetricOutput: of({ MetricAlarms: list(structure('MetricAlarm')) }),
  DescribeAlarmHistoryInput: of({
    AlarmName: string,
    AlarmContributorId: string,
    AlarmTypes: list(chosen('AlarmType')),
    HistoryItemType: chosen('HistoryItemType'),
    StartDate: timestamp,
    EndDate: timestamp,
    ScanBy: chosen('ScanBy'),
    ...PAGE,
  }),
  DescribeAlarmHistoryOutput: of({ AlarmHistoryItems: list(structure('AlarmHistoryItem')), NextToken: string }),
  AlarmHistoryItem: of({
    AlarmName: string,
    AlarmType: string,
    Timestamp: timestamp,
    HistoryItemType: string,
    HistorySummary: string,
    HistoryData: string,
  }),
  DeleteAlarmsInput: of(NAMES),
  EnableAlarmActionsInput: of(NAMES),
  DisableAlarmActionsInput: of(NAMES),
  SetAlarmStateInput: of({
    AlarmName: string,
    StateValue: chosen('StateValue'),
    StateReason: string,
    StateReasonData: string,
  }),
  Tag: of({ Key: string, Value: string }),
  ListTagsForResourceInput: of({ ResourceARN: string }),
  ListTagsForResourceOutput: of({ Tags: list(structure('Tag')) }),
  TagResourceInput: of({ ResourceARN: string, Tags: list(structure('Tag')) }),
  TagResourceOutput: of({}),
  UntagResourceInput: of({ ResourceARN: string, TagKeys: list(string) }),
  UntagResourceOutput: of({}),
}

export const alarmEnums = {
  Statistic: ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'],
  ComparisonOperator: [
    'GreaterThanOrEqualToThreshold',
    'GreaterThanThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
    'LessThanLowerOrGreaterThanUpperThreshold',
    'LessThanLowerThreshold',
    'GreaterThanUpperThreshold',
  ],
  StateValue: ['OK', 'ALARM', 'INSUFFICIENT_DATA'],
  AlarmType: ['CompositeAlarm', 'MetricAlarm'],
  HistoryItemType: [
    'ConfigurationUpdate',
    'StateUpdate',
    'Action',
    'AlarmContributorStateUpdate',
    'AlarmContributorAction',
  ],
} as const

interface Dimension {
  readonly Name?: string
  readonly Value?: string
}

export interface PutMetricAlarmInput {
  readonly AlarmName?: string
  readonly AlarmDescription?: string
  readonly ActionsEnabled?: boolean
  readonly OKActions?: readonly string[]
  readonly AlarmActions?: readonly string[]
  readonly InsufficientDataActions?: readonly string[]
  readonly MetricName?: string
  readonly Namespace?: string
  readonly Statistic?: string
  readonly ExtendedStatistic?: string
  readonly Dimensions?: readonly Dimension[]
  readonly Period?: number
  readonly Unit?: string
  readonly EvaluationPeriods?: number
  readonly DatapointsToAlarm?: number
  readonly Threshold?: number
  readonly ComparisonOperator?: (typeof alarmEnums.ComparisonOperator)[number]
  readonly TreatMissingData?: string
  readonly EvaluateLowSampleCountPercentile?: string
  readonly Metrics?: readonly object[]
  readonly ThresholdMetricId?: string
  readonly Tags?: readonly { readonly Key?: string; readonly Value?: string }[]
  readonly EvaluationCriteria?: object
  readonly EvaluationInterval?: number
}

interface Page {
  readonly MaxRecords?: number
  readonly NextToken?: string
}

export interface DescribeAlarmsInput extends Page {
  readonly AlarmNames?: readonly string[]
  readonly AlarmNamePrefix?: string
  readonly AlarmTypes?: readonly (typeof alarmEnums.AlarmType)[number][]
  readonly ChildrenOfAlarmName?: string
  readonly ParentsOfAlarmName?: string
  readonly StateValue?: (typeof alarmEnums.StateValue)[number]
  readonly ActionPrefix?: string
}

export type DescribeAlarmsForMetricInput = Pick<
  PutMetricAlarmInput,
  'MetricName' | 'Namespace' | 'Statistic' | 'ExtendedStatistic' | 'Dimensions' | 'Period' | 'Unit'
>

export interface DescribeAlarmHistoryInput extends Page {
  readonly AlarmName?: string
  readonly AlarmContributorId?: string
  readonly AlarmTypes?: readonly (typeof alarmEnums.AlarmType)[number][]
  readonly HistoryItemType?: (typeof alarmEnums.HistoryItemType)[number]
  readonly StartDate?: Date
  readonly EndDate?: Date
  readonly ScanBy?: 'TimestampDescending' | 'TimestampAscending'
}

export interface AlarmNamesInput {
  readonly AlarmNames?: readonly string[]
}

export interface SetAlarmStateInput {
  readonly AlarmName?: string
  readonly StateValue?: (typeof alarmEnums.StateValue)[number]
  readonly StateReason?: string
  readonly StateReasonData?: string
}

export interface TagsInput {
  readonly ResourceARN?: string
  readonly Tags?: readonly { readonly Key?: string; readonly Value?: string }[]
  readonly TagKeys?: readonly string[]
}
