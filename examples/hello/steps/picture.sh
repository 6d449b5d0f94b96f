# Puts the strips together to one SVG picture. Neighbours of the same shade become one bar.
number=0
while read -r html _; do
  eval "shade_$number=$html"
  number=$((number + 1))
done < "$palette"

bars=0
bar() {
  eval "html=\$shade_$last"
  printf '<rect x="%s" y="%s" width="%s" height="1" fill="%s"/>\n' $start $row $((column - start)) "$html"
  bars=$((bars + 1))
}

{
  printf '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" shape-rendering="crispEdges" role="img">\n' \
    "$size" "$size"
  echo '<title>A snowflake of six arms</title>'
  row=0
  for strip in $strips; do
    printf 'strip %s: from row %s on\n' "$strip" $row >&2
    while read -r tiles; do
      column=0 start=0 last=
      for shade in $tiles; do
        if [ -n "$last" ] && [ "$shade" != "$last" ]; then
          bar
          start=$column
        fi
        last=$shade column=$((column + 1))
      done
      bar
      row=$((row + 1))
    done < "$strip"
  done
  echo '</svg>'
} > "$out"
printf '\033[1m%s rows, %s bars\033[0m\n' $row $bars
