/** The script of `completion zsh`: sourced after compinit, or a file `_PROGRAM` in fpath, whose first call it answers too. */
export function zshScript(program: string): string {
  return `#compdef ${program}
# zsh completion for ${program}

_${program}() {
  local -a candidates space
  local line directive=0
  while IFS= read -r line; do
    if [[ $line == :<-> ]]; then directive=\${line#:}; else candidates+=("\${\${\${line//\\\\/\\\\\\\\}//:/\\\\:}/$'\\t'/:}"); fi
  done < <(\${~words[1]} __complete "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
  # the values of --flag=VALUE come without the flag
  [[ $PREFIX != --*=* ]] || compset -P 1 '*='
  if (( directive & 16 )); then
    _files -/
  elif (( $#candidates )); then
    (( directive & 2 )) && space=(-S '')
    _describe '${program}' candidates "\${space[@]}"
  elif (( directive & 4 )); then
    return 1
  else
    _files
  fi
}

if [[ $funcstack[1] == _${program} ]]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;
}
