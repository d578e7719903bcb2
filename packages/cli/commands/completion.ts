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
  local answer directive line
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  answer=$(${program} __complete "\${words[@]}" 2>/dev/null) || return
  directive=\${answer##*:}
  COMPREPLY=()
  while IFS=$'\\t' read -r line _; do
    [[ $line == :* || -z $line ]] && continue
    [[ $line == "\${COMP_WORDS[COMP_CWORD]}"* ]] && COMPREPLY+=("$line")
  done <<< "$answer"
  (( directive & 2 )) && compopt -o nospace
  (( \${#COMPREPLY[@]} == 0 && !(directive & 4) )) && compopt -o default
}
complete -F _${program}_complete ${program}
`,
  zsh: (program) => `#compdef ${program}
_${program}() {
  local -a found
  local line directive=0
  while IFS= read -r line; do
    if [[ $line == :* ]]; then directive=\${line#:}; else found+=("\${\${line//:/\\\\:}/$'\\t'/:}"); fi
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
