/** Everything about metrics that the engine starts, asks and closes as one. */
import { type engineFiles, METRICS_PATH } from '../../api/local-engine.ts'
import { watchAlarms } from '../alarms/watch.ts'
import { openToken } from '../http/bearer.ts'
import type { HttpAnswer, Reception, RequestHead } from '../http/server.ts'
import { Recorder, type RecorderOptions } from '../metrics/recorder.ts'
import { SampleFile } from '../metrics/sample-file.ts'
import { answerCloudWatch, type CloudWatchOptions } from './api.ts'
import { answerMetrics } from './exposition.ts'
import { protocolOf } from './protocols.ts'

export interface MetricsParts
  extends Omit<RecorderOptions, 'file' | 'recorded'>,
    Omit<CloudWatchOptions, 'recorder' | 'now'> {
  readonly files: Pick<ReturnType<typeof engineFiles>, 'metrics' | 'metricsToken'>
}

/** The engine's part for metrics: it records them, and answers CloudWatch's API and Prometheus. */
export class Metrics {
  readonly recorder: Recorder
  readonly #options: CloudWatchOptions
  readonly #token: string

  constructor(parts: MetricsParts) {
    const { files, store, signatures, principals, audit, clock, log } = parts
    const recorder: Recorder = new Recorder({
      ...parts,
      file: new SampleFile(files.metrics, log),
      recorded: (from, to) => watchAlarms(store, (region) => recorder.all(region), from, to),
    })
    this.recorder = recorder
    this.#options = { signatures, principals, recorder, store, audit, now: () => clock.now(), log }
    this.#token = openToken(files.metricsToken)
  }

  /** The answer to what is asked of CloudWatch, or by Prometheus; undefined: the request is for another API. */
  answer(head: RequestHead): HttpAnswer | Reception | undefined {
    if (head.path === METRICS_PATH) return answerMetrics(head, this.#token, this.#options)
    const protocol = protocolOf(head)
    return protocol && answerCloudWatch(head, protocol, this.#options)
  }
}
