/**
 * An answer for a person at a terminal: lists as tables, a single resource as a card, what has become of a change in a line or two,
 * states in colour, times beside how long ago they were. Driven by the model, so that every operation has it. Programs never see this.
 */
import { type OperationName, operation, structure } from '../../api/model.ts'
import { onlyReads } from '../../api/names.ts'
import type { Member } from '../../api/shapes.ts'
import { shortened, widthOf, wrapWords } from './display-width.ts'
import { changeText } from './human-change.ts'
import { drawItems } from './human-table.ts'
import { type Item, isEmpty, isItem, isItems, label, valueText, words } from './human-value.ts'
import { type Style, statusText } from './style.ts'
import { type Drawn, noteOf, withNote } from './table.ts'

/** Tokens tell people nothing, and the page to download clients from is always the same. */
const UNTOLD = ['Marker', 'NextToken', 'ClientDownloadLandingPage']
const [LEAST_LABEL_WIDTH, LEAST_VALUE_WIDTH] = [16, 24]

/** `asked`: the operation's input; a list of one that was asked for by name is shown in full. */
export async function humanText(name: OperationName, asked: object, answer: object, style: Style): Promise<string> {
  const output: Item = { ...answer }
  const shape = operation(name).output
  if (!shape) return ''
  const { members } = structure(shape)
  const told = Object.entries(output).filter(([member]) => !UNTOLD.includes(member))
  const [only] = told
  const token = output.NextToken
  const more = typeof token === 'string' ? style.faint(`\nThere is more: --starting-token ${token}\n`) : ''
  if (!only) return ''
  const [memberName, value] = only
  const inner = shapeOf(members[memberName])
  const change = onlyReads(name) ? undefined : changeOf(output, shape, style)
  if (change !== undefined) return change
  if (told.length > 1 || inner === undefined) return card(output, shape, style) + more
  if (isItem(value)) return card(value, inner, style) + more
  if (!isItems(value)) return `${style.faint(`No ${counting(memberName, 0)}.`)}\n`
  const [single] = value
  if (single && value.length === 1 && namesIt(asked, inner, single)) return card(single, inner, style) + more
  return list(drawItems(inner, value, style), value.length, memberName, style) + more
}

/** undefined: several things have changed, which lists tell. */
function changeOf(output: Item, shape: string, style: Style): string | undefined {
  const [[memberName, value] = ['', undefined], ...others] = Object.entries(output)
  const { members } = structure(shape)
  const inner = shapeOf(members[memberName])
  if (inner === 'Tag' && isItems(value)) return tagsText(value, style)
  if (others.length === 0 && isItem(value) && inner)
    return changeText(value, inner, titleOf(namesIn(value, inner), inner), style)
  // The resource itself.
  if (Object.values(output).some((each) => isItems(each))) return undefined
  return changeText(output, shape, titleOf(namesIn(output, shape), shape), style)
}

/** `2 tags: team=web, env=test`. */
function tagsText(tags: readonly Item[], { width, characters, faint }: Style): string {
  const all = tags.map(({ Key, Value }) => `${Key}=${Value ?? ''}`).join(', ')
  return `${faint(`${tags.length} ${counting('Tags', tags.length)}:`)} ${shortened(all, width - 12, characters.ellipsis)}\n`
}

const shapeOf = (member: Member | undefined): string | undefined =>
  member?.kind === 'structure' ? member.shape : member?.kind === 'list' ? shapeOf(member.of) : undefined

const namesIt = (asked: object, shape: string, item: Item): boolean =>
  Object.entries(asked).some(([name, value]) => name.startsWith(shape) && item[name] === value)

function list(drawn: Drawn, count: number, memberName: string, style: Style): string {
  const counted = `${count} ${counting(memberName, count)}`
  const note = noteOf(drawn)
  const lines = wrapWords(note === '' ? counted : `${counted}. ${note}`, style.width)
  return `${drawn.text}\n${lines.map(style.faint).join('\n')}\n`
}

/** `CacheClusters` of one is a cache cluster; a `TagList` holds tags. */
function counting(memberName: string, count: number): string {
  const many = words(memberName.replace(/List$/, 's'))
  return count === 1 ? many.replace(/ies$/, 'y').replace(/s$/, '') : many
}

/** Name and state, then a line for each thing told of it, then a table for each list it holds. */
function card(item: Item, shape: string, style: Style): string {
  const { members } = structure(shape)
  const told = namesIn(item, shape)
  const [idName, statusName] = titleOf(told, shape)
  const lines = told.filter((name) => name !== idName && name !== statusName && !isItems(item[name]))
  const labels = lines.map((name) => label(name, shape))
  const longest = Math.max(0, ...labels.map(({ length }) => length)) + 2
  const column = Math.min(longest, Math.max(LEAST_LABEL_WIDTH, style.width - 2 - LEAST_VALUE_WIDTH))
  const title = [
    ...(idName ? [style.strong(String(item[idName]))] : []),
    ...(statusName ? [statusText(String(item[statusName]), style)] : []),
  ]
  const facts = lines.map((name, index) => {
    const shown = valueText(item[name], name, style)
    const value = name === 'PendingModifiedValues' || name === 'PendingChanges' ? style.busy(shown) : shown
    const head = labels[index] ?? ''
    // A value has its column: a label that reaches into it has a line of its own.
    const gap = head.length < column ? ' '.repeat(column - head.length) : `\n${' '.repeat(column + 2)}`
    return `  ${style.faint(head)}${gap}${hanging(value, column + 2, style.width)}`
  })
  const tables = told.flatMap((name) => {
    const value = item[name]
    return isItems(value) ? [section(label(name, shape), shapeOf(members[name]) ?? '', value, style)] : []
  })
  return [...(title.length > 0 ? [title.join('  ')] : []), ...facts, ...tables, ''].join('\n')
}

/** Members that it has, in the model's order. */
const namesIn = (item: Item, shape: string): string[] =>
  [...new Set([...Object.keys(structure(shape).members), ...Object.keys(item)])].filter(
    (name) => !UNTOLD.includes(name) && !isEmpty(item[name]),
  )

function section(title: string, shape: string, items: readonly Item[], style: Style): string {
  const narrower = { ...style, width: style.width - 2 }
  const text = withNote(drawItems(shape, items, narrower), narrower)
  return `\n  ${style.faint(title)}\n${text.replaceAll(/^/gm, '  ')}`
}

function titleOf(told: readonly string[], shape: string): [id: string | undefined, status: string | undefined] {
  const id = told.find((name) => new RegExp(`^(${shape}|User|UserGroup)(Id|Name|Identifier)$`).test(name))
  const status = id && told.find((name) => name === 'Status' || name === 'State' || name === `${shape}Status`)
  return [
    id ?? told.find((name) => /(Id|Name)$/.test(name) && shape.startsWith(name.replace(/(Id|Name)$/, ''))),
    status,
  ]
}

/** Breaks a value at its blanks where the terminal ends; what has no blanks is left to the terminal. */
function hanging(text: string, indent: number, width: number): string {
  const room = Math.max(LEAST_VALUE_WIDTH, width - indent)
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last === '' || widthOf(last) + 1 + widthOf(word) <= room)
      lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
    else lines.push(word)
  }
  return lines.join(`\n${' '.repeat(indent)}`)
}
