/** The script of `completion powershell`. */
export function powershellScript(program: string): string {
  return `# powershell completion for ${program}
Register-ArgumentCompleter -Native -CommandName ${program} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') { $words += '' }
  $flag = if ($wordToComplete -match '^--[^=]+=') { $Matches[0] } else { '' }
  & ${program} __complete @words 2>$null | Where-Object { $_ -notlike ':*' } | ForEach-Object {
    $name, $text = $_ -split "\`t", 2
    [System.Management.Automation.CompletionResult]::new("$flag$name", $name, 'ParameterValue', $(if ($text) { $text } else { $name }))
  }
}
`;
}
