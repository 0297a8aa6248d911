import { clientVariables } from '../../../api/local-engine.ts'
import { fishQuoted, powershellQuoted, shellQuoted } from '../../../api/shell.ts'
import { command } from '../../command.ts'
import { environment } from '../../environment.ts'
import { choice, text } from '../../flags.ts'
import { stateDirFlag } from '../../global-flags.ts'
import { credentialsOf } from '../../target/engine-users.ts'
import { engineOf } from '../../target/state-dir.ts'

interface Dialect {
  set(name: string, value: string): string
  unset(name: string): string
}

const SHELLS = {
  bash: {
    set: (name, value) => `export ${name}=${shellQuoted(value)}`,
    unset: (name) => `unset ${name}`,
  },
  fish: {
    set: (name, value) => `set -gx ${name} ${fishQuoted(value)}`,
    unset: (name) => `set -e ${name}`,
  },
  powershell: {
    set: (name, value) => `$Env:${name} = ${powershellQuoted(value)}`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  },
} as const satisfies Record<string, Dialect>

export const engineEnv = command({
  summary: 'Print what points aws, boto3, Terraform and the SDKs at the local engine',
  description:
    'Evaluate it in the shell that runs them: eval "$(cachectl engine env)". In fish: cachectl engine env --shell fish | source. For a file of variables: --output dotenv; for the steps of a GitHub workflow that follow: cachectl engine env --output github >> "$GITHUB_ENV".',
  flags: {
    shell: choice(['bash', 'fish', 'powershell'], {
      summary: 'bash (also zsh, sh), fish or powershell',
      helpValue: '<shell>',
    }),
    user: text({
      summary: 'name of a user of the engine (default: the one with all permissions)',
      helpValue: '<name>',
    }),
    region: text({ summary: "region to name (default: the engine's)", helpValue: '<region>' }),
    ...stateDirFlag,
  },
  forms: { own: ['dotenv', 'github'] },
  async run({ flags, print }) {
    const engine = engineOf(flags)
    const { info } = engine
    const credentials = credentialsOf(engine, flags.user, 'absent')
    const region = flags.region ?? info.region
    /** null: taken away. */
    const variables: Readonly<Record<string, string | null>> = {
      ...clientVariables(info.url, credentials, region),
      // cachectl itself takes the credentials of the engine's user that is named here.
      CACHECTL_USER: flags.user ?? null,
      // A profile or a session token of AWS would be used instead of, or together with, the keys above.
      AWS_PROFILE: null,
      AWS_SESSION_TOKEN: null,
    }
    const { set, unset } = SHELLS[flags.shell ?? defaultShell()]
    const line = ([name, value]: [string, string | null]) => (value === null ? unset(name) : set(name, value))
    await print.answer(variables, () => Object.entries(variables).map(line).join('\n'), {
      dotenv: (answer) => assignments(answer, dotenvQuoted),
      github: (answer) => assignments(answer, String),
    })
  },
})

/** Such files cannot take a variable away; to aws, an empty AWS_PROFILE is a profile that does not exist. */
const assignments = (variables: Readonly<Record<string, string | null>>, written: (value: string) => string): string =>
  Object.entries(variables)
    .flatMap(([name, value]) => (value === null ? [] : [`${name}=${written(value)}`]))
    .join('\n')

/** Readers of such files differ in what they make of a bare `#` or blank, and agree on double quotes. */
const dotenvQuoted = (value: string): string => (/^[\w:/.+=@-]*$/.test(value) ? value : JSON.stringify(value))

function defaultShell(): keyof typeof SHELLS {
  if (environment.SHELL?.endsWith('/fish')) return 'fish'
  return process.platform === 'win32' && !environment.SHELL ? 'powershell' : 'bash'
}
