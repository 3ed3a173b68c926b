# Says what zsh offers for the last word of each line: types it and a tab into another zsh, which prints what it would list.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; RPS1=; autoload -U compinit; compinit -u -D; setopt no_auto_list no_auto_menu; source ./zsh'
zpty -w shell 'compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
  local -a offered
  builtin compadd -O offered "$@"
  (( $#offered )) && print -l -- "" OFFERED:$^offered
  builtin compadd "$@"
}'
# Typed before the prompt, a tab would be read by the kernel: so the prompt is waited for, which its own echo does not match.
zpty -w shell "PS1='REA%{%}DY> '"
zpty -r shell text '*READY> '
for line in "$@"; do
  print -r -- "[$line]"
  # A tab, then nothing of the line is left.
  zpty -w -n shell "$line"$'\t\x15'"print DO''NE"$'\n'
  zpty -r shell text '*DONE*READY> '
  for printed in ${(f)text//$'\r'/}; do
    [[ $printed == OFFERED:* ]] && print -r -- "${printed#OFFERED:}"
  done
done
zpty -d shell
