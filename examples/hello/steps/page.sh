# A page around the picture, complete in one file: open it in any browser.
copy() {
  while IFS= read -r line; do printf '%s\n' "$line"; done < "$1"
}

{
  copy "$head"
  copy "$picture"
  echo '<p>Twelve shades:</p><ol>'
  while read -r html _; do printf '<li style="background:%s">%s</li>\n' "$html" "$html"; done < "$palette"
  echo '</ol></main></html>'
} > "$out"
printf 'The page is ready: \033[36m%s\033[0m\n' "$out"
