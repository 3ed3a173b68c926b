# Says what bash offers for the last word of each line. Splits lines as readline does; files are completed here as it does with
# the options of compopt.
source ./bash
compopt() {
  case $2 in
    default) mapfile -t files < <(compgen -f -- "$cur") ;;
    dirnames) mapfile -t files < <(compgen -d -- "$cur") ;;
  esac
}
for line; do
  files=()
  read -ra COMP_WORDS <<< "${line//=/ = }"
  [[ $line == *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _packdrift
  printf '[%s]\n' "$line"
  printf '%s\n' "${COMPREPLY[@]}" "${files[@]}"
done
