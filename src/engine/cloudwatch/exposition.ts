import { Fault } from '../../api/faults.ts'
import { isBearer } from '../http/bearer.ts'
import type { HttpAnswer, Reception, RequestHead } from '../http/server.ts'
import { PROMETHEUS_TYPE, prometheusText } from '../metrics/prometheus.ts'
import { admitReader, type CloudWatchOptions } from './api.ts'

/** Needs the token of the file, or a signature for CloudWatch by a user who may GetMetricData. */
export function answerMetrics(
  head: RequestHead,
  token: string,
  options: Pick<CloudWatchOptions, 'signatures' | 'principals' | 'recorder' | 'now'>,
): HttpAnswer | Reception {
  if (head.method !== 'GET') return text(405, 'Use GET.\n', { allow: 'GET' })
  if (!isBearer(head.headers.authorization, token)) {
    try {
      admitReader(head, options)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      return text(
        401,
        `${error.message}\nUse the token of the state directory's metrics-token, or sign for monitoring.\n`,
        {
          'www-authenticate': 'Bearer realm="cachectl"',
        },
      )
    }
  }
  head.recognize()
  return async () => ({
    status: 200,
    contentType: PROMETHEUS_TYPE,
    body: prometheusText(await options.recorder.current()),
  })
}

const text = (status: number, body: string, headers: Readonly<Record<string, string>>): HttpAnswer => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  headers,
  body,
})
