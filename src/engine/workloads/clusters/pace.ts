import type { Pace } from '../../../api/local-engine.ts'
import type { Step } from '../../store/records.ts'

/**
 * Milliseconds that pass before a step is taken once the work before it is done. `quick` lets a person, or a poller, see the
 * states in between; `realistic` is of the order the guide and its event samples show (a scale-out of three minutes).
 */
const DELAYS: Readonly<Record<Exclude<Pace, 'instant'>, Readonly<Record<Step['do'], number>>>> = {
  quick: {
    'start-nodes': 0,
    'advertise-new-nodes': 200,
    'withdraw-nodes': 0,
    'remove-withdrawn-nodes': 400,
    'restart-nodes': 0,
    'nodes-restarted': 200,
    upgrade: 0,
    'scale-nodes': 200,
    'end-scaling': 0,
    'switch-discovery': 100,
    'update-node': 500,
    'node-updated': 500,
    'end-update': 0,
    finish: 100,
    delete: 200,
  },
  realistic: {
    'start-nodes': 0,
    'advertise-new-nodes': 150_000,
    'withdraw-nodes': 0,
    'remove-withdrawn-nodes': 60_000,
    'restart-nodes': 0,
    'nodes-restarted': 60_000,
    upgrade: 0,
    'scale-nodes': 0,
    'end-scaling': 0,
    'switch-discovery': 20_000,
    'update-node': 60_000,
    'node-updated': 60_000,
    'end-update': 0,
    finish: 5_000,
    delete: 120_000,
  },
}

export function delayBefore(step: Step, pace: Pace): number {
  if (pace === 'instant') return 0
  const asked = pace === 'realistic' && step.do === 'scale-nodes' ? step.afterMinutes * 60_000 : 0
  return DELAYS[pace][step.do] + asked
}
