# The check: are all rows there, all of the same width, and is every shade one of the palette?
shades=0
while read -r _; do shades=$((shades + 1)); done < "$palette"

fail() {
  printf '\033[31m✗ %s\033[0m\n' "$1"
  exit 1
}

row=0 light=0
for strip in $strips; do
  while read -r tiles; do
    set -- $tiles
    [ $# -eq "$size" ] || fail "row $row has $# tiles, not $size"
    for shade; do
      [ "$shade" -ge 0 ] && [ "$shade" -lt $shades ] || fail "row $row has a tile of shade $shade"
      [ "$shade" -ge 7 ] && light=$((light + 1))
    done
    row=$((row + 1))
  done < "$strip"
done
[ $row -eq "$size" ] || fail "there are $row rows, not $size"
printf '\033[32m✓\033[0m %s\n' "$size rows of $size tiles" "every tile is one of $shades shades" \
  "$((light * 100 / (size * size))) % of the picture is snow"
echo "$light" > "$out"
