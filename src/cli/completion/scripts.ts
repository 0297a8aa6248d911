/** The completion of each shell: the same table, looked up by a few lines of its own. Pure. */
import { fishQuoted, shellQuoted } from '../../api/shell.ts'
import type { CompletionTable } from './table.ts'

export type Shell = 'bash' | 'zsh' | 'fish' | 'powershell'

export const completionScript: Readonly<Record<Shell, (table: CompletionTable) => string>> = {
  bash: (table) => `# cachectl completion for bash: eval "$(cachectl completion bash)"
${lookups(table)}
_cachectl() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' list i word
  local -a said=()
  # bash breaks words at "=": --option=value is three of them.
  [[ $cur == '=' ]] && cur=''
  [[ $prev == '=' ]] && prev=\${COMP_WORDS[COMP_CWORD-2]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ " $(_cachectl_words "$path") " == *" $word "* ]]; then path="\${path:+$path }$word" said=()
    elif [[ $word != -* && $word != '=' && \${COMP_WORDS[i-1]} != --* && \${COMP_WORDS[i-1]} != '=' ]]; then said+=("$word"); fi
  done
  if _cachectl_is_file "$path" "$prev" "$cur" "\${#said[@]}"; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$cur"))
    return
  fi
  list=$(_cachectl_list "$path" "$prev" "$cur" \${said[@]+"\${said[@]}"})
  COMPREPLY=($(compgen -W "$list" -- "$cur"))
}
complete -F _cachectl cachectl
`,
  zsh: (table) => `#compdef cachectl
# cachectl completion for zsh: eval "$(cachectl completion zsh)" after compinit, or as _cachectl in a directory of fpath
${lookups(table)}
# path -> word:what it is
_cachectl_about() {
  case "$1" in
${zshAbout(table)}
  esac
}
_cachectl() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]} line='' list i
  local -a said described
  local -A about
  if [[ $cur == --*=* ]]; then
    prev=\${cur%%=*} cur=\${cur#*=}
    compset -P '*='
  fi
  for ((i = 2; i < CURRENT; i++)); do
    if [[ " $(_cachectl_words "$line") " == *" \${words[i]} "* ]]; then line="\${line:+$line }\${words[i]}" said=()
    elif [[ \${words[i]} != -* && \${words[i-1]} != --* ]]; then said+=("\${words[i]}"); fi
  done
  if _cachectl_is_file "$line" "$prev" "$cur" $#said; then _files; return; fi
  list=$(_cachectl_list "$line" "$prev" "$cur" $said)
  [[ -n $list ]] || return
  for i in \${(f)"$(_cachectl_about "$line"; _cachectl_about ' ')"}; do about[\${i%%:*}]=\${i#*:}; done
  for i in \${=list}; do described+=("\${i//:/\\\\:}\${about[$i]:+:\${about[$i]}}"); done
  _describe -t values value described
}
if [[ \${funcstack[1]-} == _cachectl ]]; then _cachectl "$@"; else compdef _cachectl cachectl; fi
`,
  fish: (table) => `# cachectl completion for fish: cachectl completion fish | source
function __cachectl_words
    switch "$argv[1]"
${fishCases(table.words)}
    end
end
function __cachectl_options
    switch "$argv[1]"
${fishCases(table.options)}
    end
end
function __cachectl_about
    switch "$argv[1]"
${fishAbout(table)}
    end
end
# path, words -> the same words with what each is
function __cachectl_described
    set -l about (__cachectl_about "$argv[1]"; __cachectl_about ' ')
    for word in $argv[2..-1]
        set -l told (string match -- "$word"\\t'*' $about)
        if test -n "$told[1]"
            echo $told[1]
        else
            echo $word
        end
    end
end
function __cachectl_values
    switch "$argv[1]"
${fishCases(table.values)}
    end
end
function __cachectl_places
    switch "$argv[1]"
${fishCases(single(table.places))}
    end
end
function __cachectl_complete
    set -l before (commandline -opc)[2..-1]
    set -l cur (commandline -ct)
    set -l prev ''
    set -l path ''
    set -l attached ''
    set -l said
    for word in $before
        if contains -- $word (__cachectl_words "$path")
            set path (string trim -- "$path $word")
            set said
        else if not string match -q -- '-*' $word; and not string match -q -- '--*' $prev
            set -a said $word
        end
        set prev $word
    end
    # --option=value is one word here, and is completed as one.
    if string match -q -- '--*=*' $cur
        set prev (string split -m 1 = -- $cur)[1]
        set attached "$prev="
    end
    if string match -q -- '--*' $prev
        set -l values (__cachectl_values "$path $prev")
        test -n "$values"; or set values (__cachectl_values " $prev")
        if test -n "$values"
            printf "$attached%s\\n" $values
            return
        end
        if contains -- $prev ${table.files.join(' ')}
            __fish_complete_path $cur
            return
        end
        switch "$path $prev"
${[...table.idsAt].map(([at, name]) => `            case '${at}'\n                printf "$attached%s\\n" (cachectl completion ids ${name} 2>/dev/null)\n                return`).join('\n')}
        end
        if contains -- $prev ${table.ids.join(' ')}
            contains -- "$path $prev" ${table.fresh.map((each) => `'${each}'`).join(' ')}; and return
            printf "$attached%s\\n" (cachectl completion ids (string sub -s 3 -- $prev) 2>/dev/null)
            return
        end
        # A value of which nothing is known; where there is none, a word follows.
        test -n "$attached"; and return
        if not string match -q -- '-*' $cur; and not string match -q -- '--no-*' $prev
            contains -- $prev ${table.toggles.join(' ')}; or return
        end
    end
    if not string match -q -- '-*' $cur
        set -l values (__cachectl_values "$path "(count $said))
        if test -n "$values"
            printf '%s\\n' $values
            return
        end
        set -l place (__cachectl_places "$path "(count $said))
        if test -n "$place"
            cachectl completion ids $place $said 2>/dev/null
            return
        end
        if contains -- "$path" ${table.fileWords.map((each) => `'${each}'`).join(' ')}
            __fish_complete_path $cur
            return
        end
    end
    if string match -q -- '-*' $cur
        __cachectl_described "$path" (__cachectl_options "$path") ${table.everywhere.join(' ')}
    else
        __cachectl_described "$path" (__cachectl_words "$path")
    end
end
complete -c cachectl -f -a '(__cachectl_complete)'
`,
  powershell: (
    table,
  ) => `# cachectl completion for PowerShell: cachectl completion powershell | Out-String | Invoke-Expression
$script:cachectlTable = @'
${JSON.stringify(table, (_, value) => (value instanceof Map ? Object.fromEntries(value) : value))}
'@ | ConvertFrom-Json -AsHashtable
Register-ArgumentCompleter -Native -CommandName cachectl -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $table = $script:cachectlTable
    $line = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
    if ($wordToComplete -ne '' -and $line.Count -gt 0) { $line = @($line | Select-Object -SkipLast 1) }
    $path = ''
    $said = @()
    $before = ''
    foreach ($word in $line) {
        if ($table.words[$path] -contains $word) { $path = "$path $word".Trim(); $said = @() }
        elseif ($word -notlike '-*' -and $before -notlike '--*') { $said += $word }
        $before = $word
    }
    $place = $table.places["$path $($said.Count)"]
    if (-not $place) { $place = $table.places["$path *"] }
    $prev = if ($line.Count -gt 0) { $line[-1] } else { '' }
    $list = $table.values["$path $prev"]
    if (-not $list) { $list = $table.values[" $prev"] }
    if (-not $list -and $table.idsAt["$path $prev"]) { $list = cachectl completion ids $table.idsAt["$path $prev"] 2>$null }
    if (-not $list -and $table.ids -contains $prev -and $table.fresh -notcontains "$path $prev") {
        $list = cachectl completion ids $prev.Substring(2) 2>$null
    }
    if (-not $list) { $list = $table.values["$path $($said.Count)"] }
    $takesValue = $prev -like '--*' -and $prev -notlike '--no-*' -and $table.toggles -notcontains $prev
    if (-not $list -and ($wordToComplete -like '-*' -or -not $takesValue)) {
        $list = if ($wordToComplete -like '-*') { @($table.options[$path]) + $table.everywhere }
            elseif ($place) { cachectl completion ids $place $said 2>$null }
            else { $table.words[$path] }
    }
    $list | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
        $about = $table.about["$path $_".TrimStart()]
        if (-not $about) { $about = $table.about[" $_"] }
        if (-not $about) { $about = "$_" }
        [System.Management.Automation.CompletionResult]::new("$_", "$_", 'ParameterValue', $about)
    }
}
`,
}

/** Tables and the choice between them, in what bash and zsh have in common. */
const lookups = ({
  words,
  options,
  everywhere,
  values,
  ids,
  places,
  fresh,
  files,
  fileWords,
  idsAt,
  toggles,
}: CompletionTable): string => `_cachectl_words() {
  case "$1" in
${cases(words)}
  esac
}
_cachectl_options() {
  case "$1" in
${cases(options)}
  esac
}
_cachectl_values() {
  case "$1" in
${cases(values)}
  esac
}
# path, how many words are behind it -> what the next one names
_cachectl_places() {
  case "$1 $2" in
${placeCases(places)}
  esac
}
# path, word before, word so far, how many words are behind the path -> whether a file is meant
_cachectl_is_file() {
  case "$2" in ${files.join('|')}) return 0 ;; esac
  case "$3" in -*) return 1 ;; esac
  case "$1" in ${fileWords.map((each) => `'${each}'`).join('|')}) [[ $2 != -* && -z $(_cachectl_places "$1" "$4") ]] ;; *) return 1 ;; esac
}
# path, word before, word so far, words behind the path -> what may stand here
_cachectl_list() {
  local found
  case "$2" in
    --*)
      found=$(_cachectl_values "$1 $2")
      [[ -n $found ]] || found=$(_cachectl_values " $2")
      if [[ -n $found ]]; then echo "$found"; return; fi
      case "$1 $2" in
${[...idsAt].map(([at, name]) => `        '${at}') cachectl completion ids ${name} 2>/dev/null; return ;;`).join('\n')}
      esac
      case "$1 $2" in ${fresh.map((each) => `'${each}'`).join('|')}) return ;; esac
      case "$2" in ${ids.join('|')}) cachectl completion ids "\${2#--}" 2>/dev/null; return ;; esac
      # A value of which nothing is known; where there is none, a word follows.
      case "$3" in -*) ;; *) case "$2" in --no-*|${toggles.join('|')}) ;; *) return ;; esac ;; esac ;;
  esac
  case "$3" in
    -*) echo "$(_cachectl_options "$1") ${everywhere.join(' ')}"; return ;;
  esac
  found=$(_cachectl_values "$1 $(($# - 3))")
  if [[ -n $found ]]; then echo "$found"; return; fi
  found=$(_cachectl_places "$1" $(($# - 3)))
  if [[ -n $found ]]; then cachectl completion ids "$found" "\${@:4}" 2>/dev/null; else _cachectl_words "$1"; fi
}`

const single = (table: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> =>
  new Map([...table].map(([key, value]) => [key, [value]]))

/** Those of one position come before those of any. */
const placeCases = (places: ReadonlyMap<string, string>): string =>
  [...places].map(([at, name]) => `    ${placePattern(at)}) echo '${name}' ;;`).join('\n')

const placePattern = (at: string): string => (at.endsWith('*') ? `'${at.slice(0, -1)}'[0-9]*` : `'${at}'`)

/** [path, word, what it is]; the path of options of all commands is a blank. */
const aboutRows = ({ about }: CompletionTable): ReadonlyMap<string, readonly (readonly [string, string])[]> => {
  const rows = new Map<string, [string, string][]>()
  for (const [name, text] of about) {
    const at = name.lastIndexOf(' ')
    const path = name.startsWith(' ') ? ' ' : name.slice(0, Math.max(0, at))
    rows.set(path, [...(rows.get(path) ?? []), [name.slice(at + 1), text]])
  }
  return rows
}

const zshAbout = (table: CompletionTable): string =>
  [...aboutRows(table)]
    .map(
      ([path, rows]) =>
        `    '${path}') print -rl -- ${rows.map(([word, text]) => shellQuoted(`${word}:${text}`)).join(' ')} ;;`,
    )
    .join('\n')

const fishAbout = (table: CompletionTable): string =>
  [...aboutRows(table)]
    .map(
      ([path, rows]) =>
        `        case '${path}'\n            printf '%s\\t%s\\n' ${rows.map((row) => row.map(fishQuoted).join(' ')).join(' ')}`,
    )
    .join('\n')

const cases = (table: ReadonlyMap<string, readonly string[]>): string =>
  [...table].map(([key, list]) => `    '${key}') echo '${list.join(' ')}' ;;`).join('\n')

const fishCases = (table: ReadonlyMap<string, readonly string[]>): string =>
  [...table].map(([key, list]) => `        case '${key}'\n            printf '%s\\n' ${list.join(' ')}`).join('\n')
