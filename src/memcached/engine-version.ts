/** Whether engine version `version` is `than` or newer; both are N.N.N. */
export function atLeast(version: string, than: string): boolean {
  const parts = version.split('.').map(Number)
  const others = than.split('.').map(Number)
  for (let i = 0; i < 3; i++) {
    const difference = (parts[i] ?? 0) - (others[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}
