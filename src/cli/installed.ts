import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { environment } from './environment.ts'

/** Where programs for administrators are, also where users don't look for them. */
const ADMINISTRATORS = ['/usr/sbin', '/sbin']

const found = new Map<string, boolean>()

/** Whether a command of this name can be given here. */
export function isInstalled(program: string): boolean {
  const known =
    found.get(program) ?? [...(environment.PATH ?? '').split(delimiter), ...ADMINISTRATORS].some(has(program))
  found.set(program, known)
  return known
}

const has =
  (program: string) =>
  (folder: string): boolean => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return folder !== ''
    } catch {
      return false
    }
  }
