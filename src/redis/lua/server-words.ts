/** Texts that Valkey 8 has worded anew; in all others its functions are of `server` rather than of `redis`. */
const REWORDED: Readonly<Record<string, string>> = {
  'Lua redis lib command arguments must be strings or integers': 'Command arguments must be strings or integers',
  'Please specify at least one argument for this redis lib call': 'Please specify at least one argument for this call',
  'Invalid debug level.': 'Invalid log level.',
  'redis.set_repl() requires two arguments.': 'server.set_repl() requires one argument.',
}

/** An error of the functions that scripts are given, in the words of the server that a node is. */
export function inServerWords(
  { engine, version }: { readonly engine: 'redis' | 'valkey'; readonly version: string },
  message: string,
): string {
  if (engine === 'redis' || !version.startsWith('8')) return message
  return REWORDED[message] ?? message.replaceAll('redis.', 'server.')
}
