/** The script of `completion fish`. What fish itself knew of the command is loaded first, so that it does not come back later. */
export function fishScript(program: string): string {
  return `# fish completion for ${program}

function __${program}_complete
  set -l words (commandline -opc)
  set -l typed (commandline -ct)
  set -l current (string unescape -- "$typed"; or string unescape -- "$typed\\""; or string unescape -- "$typed'"; or string join '' -- $typed)
  set -l flag (string match -r -- '^--[^=]*=' $typed)
  set -l answer ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
  set -l directive (string replace -rf -- '^:(\\d+)$' '$1' "$answer[-1]"; or echo 0)
  set -q answer[1]; and set -e answer[-1]
  if test $directive -eq 16
    __fish_complete_directories (string replace -- "$flag" '' $typed) '' | string replace -r '^' -- "$flag"
  else if test (count $answer) -gt 0
    printf '%s\\n' "$flag"$answer
  else if test $directive -lt 4
    complete -C "__${program}_files "(string replace -- "$flag" '' $typed) | string replace -r '^' -- "$flag"
  end
end

type -q ${program}; and complete -C '${program} ' >/dev/null 2>&1
complete -c ${program} -e
complete -c ${program} -f -a '(__${program}_complete)'
`;
}
