import { type Machine, text } from '../machine.ts'
import { all, Coroutine, callOf, LuaFunction, type LuaRun, type LuaValue, native, nativeRun, PAUSE } from '../values.ts'
import { type Arguments, calling, type Library, plain } from './arguments.ts'

/** Coroutines within each other, as Lua counts C's stack. */
const MAX_RESUMES = 190

export function coroutine(machine: Machine): Library {
  let resumes = 0

  /** Runs a coroutine until it yields, ends or fails. */
  function* resume(one: Coroutine, args: LuaValue[]): Generator<typeof PAUSE | LuaValue[], Outcome, LuaValue[]> {
    if (one.status !== 'suspended') return { ok: false, values: [`cannot resume ${one.status} coroutine`] }
    if (resumes >= MAX_RESUMES) return { ok: false, values: ['C stack overflow'] }
    const { coroutine: outer, frame, hostDepth } = machine
    if (outer !== undefined) outer.status = 'normal'
    one.status = 'running'
    machine.coroutine = one
    machine.hostDepth = 0
    machine.frame = null
    resumes++
    try {
      const isNew = one.run === undefined
      one.run ??= callOf(one.body, ...args)
      let step = one.run.next(isNew ? [] : args)
      while (step.done !== true && step.value === PAUSE) step = one.run.next(yield PAUSE)
      one.status = step.done === true ? 'dead' : 'suspended'
      return { ok: true, values: step.value === PAUSE ? [] : all(step.value) }
    } catch (error) {
      one.status = 'dead'
      return { ok: false, values: [machine.caught(error)] }
    } finally {
      resumes--
      machine.coroutine = outer
      machine.frame = frame
      machine.hostDepth = hostDepth
      if (outer !== undefined) outer.status = 'running'
    }
  }

  const ofLua = (args: Arguments): LuaFunction => {
    const f = args.at(1)
    return f instanceof LuaFunction && f.ofLua ? f : args.fail(1, 'Lua function expected')
  }
  const threadAt = (args: Arguments): Coroutine => {
    const one = args.at(1)
    return one instanceof Coroutine ? one : args.fail(1, 'coroutine expected')
  }

  return {
    create: plain(machine, (args) => new Coroutine(ofLua(args))),
    resume: calling(machine, function* (args): LuaRun {
      const { ok, values } = yield* resume(threadAt(args), args.values.slice(1))
      return [ok, ...values]
    }),
    wrap: plain(machine, (args) => {
      const one = new Coroutine(ofLua(args))
      return nativeRun(function* (...values): LuaRun {
        const outcome = yield* resume(one, values)
        if (outcome.ok) return outcome.values
        const [error] = outcome.values
        const message = text(error)
        return machine.throw(message === undefined ? error : machine.where(1) + message)
      })
    }),
    yield: nativeRun(function* (...values): LuaRun {
      const { frame } = machine
      if (machine.coroutine === undefined || machine.hostDepth > 0) {
        machine.fault('attempt to yield across metamethod/C-call boundary')
      }
      const given = yield values
      machine.frame = frame
      return given
    }),
    running: native(() => machine.coroutine),
    status: plain(machine, (args) => threadAt(args).status),
  }
}

interface Outcome {
  readonly ok: boolean
  readonly values: readonly LuaValue[]
}
