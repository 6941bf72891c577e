# davy completion for bash; in ~/.bashrc: source <(davy completion bash)
# The words are handed over as they stand there: none of them is evaluated.
_davy() {
  local name about
  COMPREPLY=()
  while IFS=$'\t' read -r name about; do
    COMPREPLY+=("$name")
  done < <(davy complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _davy davy
