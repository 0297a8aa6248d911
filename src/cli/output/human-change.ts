/** What a change comes to, for a person: a line or two, and where the rest is told. Pure. */
import { resources } from '../../api/catalog/resources.ts'
import { kebabCase } from '../../api/names.ts'
import { shell } from '../../api/shell.ts'
import { shortened, widthOf, wrapWords } from './display-width.ts'
import { type Item, isEmpty, valueText } from './human-value.ts'
import { type Column, columnsOf } from './human-views.ts'
import { type Style, statusText } from './style.ts'

/** Members that tell what is still to come. */
const PENDING = ['PendingModifiedValues', 'PendingChanges']
const GAP = '  '

/** `id`, `status`: the members that hold them, where it has them. */
export function changeText(
  item: Item,
  shape: string,
  [id, status]: readonly [id: string | undefined, status: string | undefined],
  style: Style,
): string {
  const { width, characters, strong, busy, faint } = style
  const name = id === undefined ? [] : [strong(String(item[id]))]
  const state = status === undefined ? [] : [statusText(String(item[status]), style)]
  const facts = factsOf(item, shape, [id, status], style)
  const first = filled([...name, ...state, ...facts], width)
  const pending = PENDING.flatMap((member) => (isEmpty(item[member]) ? [] : [valueText(item[member], member, style)]))
  const rest = restOf(item, shape, status)
  return [
    state.length + facts.length === 0 ? `${first}${GAP}done` : first,
    ...pending.map((each) => busy(shortened(`Pending: ${each}`, width, characters.ellipsis))),
    ...(rest === undefined ? [] : wrapWords(`All of it: ${rest}`, width).map(faint)),
    '',
  ].join('\n')
}

/** `Nodes 3`: what a list of such items tells, but for its name and state. */
function factsOf(item: Item, shape: string, told: readonly (string | undefined)[], style: Style): string[] {
  const textOf = ({ of }: Column): string =>
    typeof of === 'string' ? (isEmpty(item[of]) ? '' : valueText(item[of], of, style)) : of(item, style)
  return columnsOf(shape, [item])
    .filter(({ of }) => typeof of !== 'string' || !told.includes(of))
    .flatMap((column) => {
      const text = textOf(column)
      return text === '' || text === style.faint('-') || text === '-' ? [] : [`${style.faint(column.head)} ${text}`]
    })
}

/** As many of them as fit on a line, the first in any case. */
function filled(parts: readonly string[], width: number): string {
  let line = ''
  for (const part of parts) {
    const longer = line === '' ? part : `${line}${GAP}${part}`
    if (line !== '' && widthOf(longer) > width) break
    line = longer
  }
  return line
}

/** The command that shows all of it; undefined: none does, or not for long. */
function restOf(item: Item, shape: string, status: string | undefined): string | undefined {
  const kind = Object.values(resources).find((each) => each.shape === shape)
  if (!kind || item[kind.id] === undefined || (status !== undefined && item[status] === 'deleting')) return undefined
  return shell`cachectl ${kebabCase(kind.describe)} ${`--${kebabCase(kind.id)}`} ${String(item[kind.id])}`
}
