/** The script of `completion powershell`. It quotes what the engine names: PowerShell puts it into the line as it is. */
export function powershellScript(program: string): string {
  return `# powershell completion for ${program}
Register-ArgumentCompleter -Native -CommandName ${program} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') { $words += '' }
  $flag = if ($wordToComplete -match '^--[^=]+=') { $Matches[0] } else { '' }
  & ${program} __complete @words 2>$null | Where-Object { $_ -notlike ':*' } | ForEach-Object {
    $name, $text = $_ -split "\`t", 2
    $word = "$flag$name"
    if ($word -match '[^\\w./:=+-]') { $word = "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($word) + "'" }
    [System.Management.Automation.CompletionResult]::new($word, $name, 'ParameterValue', $(if ($text) { $text } else { $name }))
  }
}
`;
}
