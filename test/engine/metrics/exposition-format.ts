/** A reader of Prometheus's text format that is as strict as `promtool check metrics`. */

interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly type: string
  readonly help: string
  readonly samples: Sample[]
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y

/** Throws at whatever Prometheus would not take, or its linter would complain of. */
export function familiesIn(text: string): Map<string, Family> {
  const families = new Map<string, Family>()
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  let current: { name: string; help: string } | undefined
  const seen = new Set<string>()
  for (const line of text.slice(0, -1).split('\n')) {
    const [, comment, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (comment === 'HELP') {
      if (families.has(name)) throw new Error(`${name} comes twice`)
      current = { name, help: rest }
    } else if (comment === 'TYPE') {
      if (current?.name !== name) throw new Error(`${name} has a type before its help`)
      if (!NAME.test(name)) throw new Error(`${name} is not a name`)
      lint(name, rest)
      families.set(name, { type: rest, help: current.help, samples: [] })
    } else {
      const [, of = '', labels = '', value = ''] = /^([^{\s]+)\{(.*)\} (\S+)$/.exec(line) ?? []
      const family = families.get(of)
      if (!family || current?.name !== of) throw new Error(`a sample out of its place: ${line}`)
      if (seen.has(`${of}{${labels}}`)) throw new Error(`twice: ${line}`)
      seen.add(`${of}{${labels}}`)
      if (!/^[+-]?(\d+(\.\d+)?(e[+-]?\d+)?|Inf)$/i.test(value)) throw new Error(`not a number: ${line}`)
      family.samples.push({ labels: labelsIn(labels), value: Number(value) })
    }
  }
  for (const [name, { samples }] of families) if (samples.length === 0) throw new Error(`${name} has no samples`)
  return families
}

function labelsIn(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const [, name = '', value = ''] = LABEL.exec(text) ?? []
    if (name === '' || name in labels) throw new Error(`labels that cannot be read: ${text}`)
    labels[name] = value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character))
  }
  return labels
}

function lint(name: string, type: string): void {
  if (type !== 'counter' && type !== 'gauge') throw new Error(`${name} is a ${type}`)
  if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name} is a ${type}: counters end in _total`)
  if (/milli|kilo|mega|percent|minutes/.test(name)) throw new Error(`${name} is not in a base unit`)
  if (/_(counter|gauge)(_|$)/.test(name)) throw new Error(`${name} names its type`)
}
