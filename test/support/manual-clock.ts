import type { Clock } from '../../src/engine/time/clock.ts'

export interface ManualClock extends Clock {
  /** Moves the time and wakes whatever is due by then. */
  advanceTo(time: number): void
}

/** A clock that stands still until a test moves it. */
export function manualClock(start: number): ManualClock {
  let now = start
  let alarms: { time: number; wake: () => void }[] = []
  return {
    now: () => now,
    at(time, wake) {
      const alarm = { time, wake }
      if (time <= now) setImmediate(wake)
      else alarms.push(alarm)
      return () => {
        alarms = alarms.filter((each) => each !== alarm)
      }
    },
    advanceTo(time) {
      now = time
      const due = alarms.filter((alarm) => alarm.time <= now)
      alarms = alarms.filter((alarm) => alarm.time > now)
      for (const { wake } of due) wake()
    },
  }
}
