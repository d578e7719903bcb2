/** `completion SHELL`: a script that asks this command (`__complete`) what could follow. */
import { InvalidArgument } from '#base';
import { exactly } from '../command/arguments.ts';
import { command } from '../command/command.ts';

export default command({
  usage: '[bash|zsh|fish|powershell]',
  long: 'Output shell completion code for the specified shell (bash, zsh, fish, powershell)',
  takes: exactly(1),
  flags: {},
  async run({ arguments: [shell = ''] }, cli) {
    const script = scripts[shell];
    if (!script) throw new InvalidArgument(`unsupported shell ${JSON.stringify(shell)}: must be one of bash, zsh, fish, powershell`);
    cli.stdout.write(script(cli.program));
  },
});

/** The last line of the answer is `:N`; bit 2 of N asks for no blank after the word, bit 4 for no file names. */
const scripts: Readonly<Record<string, (program: string) => string>> = {
  bash: (program) => `# bash completion for ${program}
_${program}_complete() {
  local line=\${COMP_LINE:0:COMP_POINT} current prefix value directive word rest
  local -a words=() found=()
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=\${words[-1]}
  value=$current
  [[ $current == --*=* ]] && value=\${current#*=}
  # bash begins a new word after each of these: what stands before them in this one is not for COMPREPLY
  prefix=\${value%"\${value##*[=:]}"}
  COMPREPLY=()
  while IFS=$'\\t' read -r word rest; do
    if [[ $word == :+([0-9]) ]]; then directive=\${word#:}; else found+=("$word"); fi
  done < <(\${COMP_WORDS[0]} __complete "\${words[@]:1}" 2>/dev/null)
  for word in "\${found[@]}"; do
    [[ -n $word && $word == "$value"* ]] && COMPREPLY+=("\${word#"$prefix"}")
  done
  (( directive & 2 )) && compopt -o nospace
  if (( directive & 16 )); then compopt -o dirnames
  elif (( \${#COMPREPLY[@]} == 0 && !(directive & 4) )); then compopt -o default; fi
}
shopt -s extglob
complete -F _${program}_complete ${program}
`,
  zsh: (program) => `#compdef ${program}
_${program}() {
  local -a found
  local line directive=0
  while IFS= read -r line; do
    if [[ $line == :<-> ]]; then directive=\${line#:}; else found+=("\${\${line//:/\\\\:}/$'\\t'/:}"); fi
  done < <(${program} __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe '${program}' found
  elif (( !(directive & 4) )); then _files; fi
}
compdef _${program} ${program}
`,
  fish: (program) => `# fish completion for ${program}
function __${program}_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (${program} __complete $words[2..-1] 2>/dev/null)
    string match -q ':*' -- $line; or echo $line
  end
end
complete -c ${program} -f -a '(__${program}_complete)'
`,
  powershell: (program) => `# powershell completion for ${program}
Register-ArgumentCompleter -Native -CommandName ${program} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') { $words += '' }
  & ${program} __complete @words 2>$null | Where-Object { $_ -notlike ':*' } | ForEach-Object {
    $name, $text = $_ -split "\`t", 2
    [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $(if ($text) { $text } else { $name }))
  }
}
`,
};
