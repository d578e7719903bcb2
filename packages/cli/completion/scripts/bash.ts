/**
 * The script of `completion bash`. It needs no bash-completion beside it, evaluates nothing of what was typed, quotes what the
 * engine names (bash puts it into the line as it is), and leaves the shell's options as they are.
 */
export function bashScript(program: string): string {
  return `# bash completion for ${program}

# Parts $1 into words as the shell does, expanding nothing; open is the quote that has not ended.
_${program}_split() {
  local char begun= i
  words=() open= word=
  for (( i = 0; i < \${#1}; i++ )); do
    char=\${1:i:1}
    if [[ $open == "'" ]]; then
      if [[ $char == "'" ]]; then open=; else word+=$char; fi
    elif [[ $char == \\\\ ]]; then
      word+=\${1:++i:1} begun=1
    elif [[ $open == '"' ]]; then
      if [[ $char == '"' ]]; then open=; else word+=$char; fi
    elif [[ $char == [\\'\\"] ]]; then
      open=$char begun=1
    elif [[ $char == [[:space:]] ]]; then
      [[ -z $begun ]] || words+=("$word")
      word= begun=
    else
      word+=$char begun=1
    fi
  done
  words+=("$word")
}

# Quotes $1 for where it goes: bare, or behind the quote in open.
_${program}_quote() {
  local char i
  quoted=$1
  [[ $1 == *[!a-zA-Z0-9_./:=@%+,^-]* ]] || return 0
  quoted=
  for (( i = 0; i < \${#1}; i++ )); do
    char=\${1:i:1}
    case $open$char in
      "''") quoted+="'\\''" ;;
      "'"?) quoted+=$char ;;
      '"'[\\\\'"$\`'] | [!a-zA-Z0-9_./:=@%+,^-]) quoted+=\\\\$char ;;
      *) quoted+=$char ;;
    esac
  done
}

# Puts the descriptions of several candidates beside them, as wide as the window.
_${program}_describe() {
  local i longest=0 room
  for i in "\${!COMPREPLY[@]}"; do (( \${#COMPREPLY[i]} <= longest )) || longest=\${#COMPREPLY[i]}; done
  room=$(( \${COLUMNS:-80} - longest - 4 ))
  (( room > 8 )) || return 0
  for i in "\${!COMPREPLY[@]}"; do
    [[ -n \${descriptions[i]} ]] || continue
    (( \${#descriptions[i]} <= room )) || descriptions[i]=\${descriptions[i]:0:room - 1}…
    printf -v "COMPREPLY[i]" '%-*s  (%s)' "$longest" "\${COMPREPLY[i]}" "\${descriptions[i]}"
  done
}

_${program}_complete() {
  local word open quoted flag= cut= breaks directive=0 candidate description command
  local -a words descriptions=()
  COMPREPLY=()
  if [[ $3 =~ ^[0-9]*('<'|'>'|'>>'|'>|'|'&>')$ ]]; then compopt -o default; return; fi
  _${program}_split "\${COMP_LINE:0:COMP_POINT}"
  command=\${words[0]/#\\~\\//$HOME/}
  type -P "$command" >/dev/null || command=${program} # an alias
  [[ $word == --*=* ]] && flag=\${word%%=*}=
  # bash begins a new word after each of these: what stands before them is not for COMPREPLY
  breaks=\${COMP_WORDBREAKS//[^=:]/}
  [[ -n $breaks && -z $open ]] && cut=\${word%"\${word##*[$breaks]}"}
  while IFS=$'\\t' read -r candidate description; do
    if [[ $candidate =~ ^:[0-9]+$ ]]; then directive=\${candidate#:}
    else
      candidate=$flag$candidate
      [[ $candidate == "$word"* ]] || continue
      _${program}_quote "\${candidate#"$cut"}"
      COMPREPLY+=("$quoted") descriptions+=("$description")
    fi
  done < <("$command" __complete "\${words[@]:1}" 2>/dev/null)
  (( \${#COMPREPLY[@]} < 2 )) || [[ $COMP_TYPE == 37 || $COMP_TYPE == 42 ]] || _${program}_describe # those two insert what they list
  (( directive & 2 )) && compopt -o nospace
  if (( directive & 16 )); then compopt -o dirnames
  elif (( \${#COMPREPLY[@]} == 0 && !(directive & 4) )); then compopt -o default; fi
}
complete -F _${program}_complete ${program}
`;
}
