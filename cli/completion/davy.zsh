#compdef davy
# davy completion for zsh; in ~/.zshrc, after compinit: source <(davy completion zsh)
# The words are handed over as they stand there: none of them is evaluated.
_davy() {
  local name about
  local -a names
  while IFS=$'\t' read -r name about; do
    names+=("${name//:/\\:}${about:+:$about}")
  done < <(davy complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#names )); then
    _describe -V 'davy' names
  else
    _files
  fi
}
compdef _davy davy
