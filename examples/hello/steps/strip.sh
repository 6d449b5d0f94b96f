# One strip of the snowflake: `rows` rows from row `first` on. Each tile is the number of its shade in the palette.
#
# The picture is a Julia set: a point z is replaced by z^6 + c again and again. Points that run away are sky, darker
# the sooner they leave; points that stay are snow, lighter the nearer to the middle their way leads. The sixth power
# gives six arms. Numbers are fixed-point, 4096 for one, since the shell counts in whole numbers only.
one=4096 c_x=3072 c_y=1434 extent=4833 far=$((4 * one * one)) patience=28

# Sets `shade` for the point x, y.
shade_of() {
  x=$1 y=$2 nearest=$((9 * one)) turn=0
  while [ $turn -lt $patience ]; do
    near=$(((x < 0 ? -x : x) + (y < 0 ? -y : y)))
    [ $near -lt $nearest ] && nearest=$near
    x2=$(((x * x - y * y) / one)) y2=$((2 * x * y / one))
    x3=$(((x2 * x - y2 * y) / one)) y3=$(((x2 * y + y2 * x) / one))
    x=$(((x3 * x3 - y3 * y3) / one + c_x)) y=$((2 * x3 * y3 / one + c_y))
    if [ $((x * x + y * y)) -gt $far ]; then
      shade=$((turn < 6 ? turn : 6))
      return
    fi
    turn=$((turn + 1))
  done
  shade=$((nearest * 7 / one))
  shade=$((7 + (shade < 4 ? shade : 4)))
}

# Sets `shade` for a tile: the mean of four points in it.
shade_of_tile() {
  sum=2
  for corner in "1 1" "3 1" "1 3" "3 3"; do
    set -- "$1" "$2" $corner
    shade_of $(((4 * $1 + $3 - 2 * size) * extent / (2 * size))) $(((4 * $2 + $4 - 2 * size) * extent / (2 * size)))
    sum=$((sum + shade))
  done
  shade=$((sum / 4))
}

# Sets `colour` for a shade: what makes a terminal (or a log page) paint the background with it.
colour_of() {
  number=0
  while read -r _ red green blue; do
    [ $number -eq "$1" ] && colour="48;2;$red;$green;$blue"
    number=$((number + 1))
  done < "$palette"
}

echo "Rows $first to $((first + rows - 1)) of $size, four points for each tile"
row=$first
while [ $row -lt $((first + rows)) ]; do
  tiles= drawn= last= column=0
  while [ $column -lt $size ]; do
    shade_of_tile $column $row
    if [ "$shade" != "$last" ]; then
      colour_of $shade
      drawn="$drawn\\033[${colour}m"
      last=$shade
    fi
    tiles="$tiles$shade " drawn="$drawn "
    column=$((column + 1))
  done
  echo "$tiles" >> "$out"
  printf "$drawn\\033[0m %s\n" "$row"
  row=$((row + 1))
done
