# Twelve shades from night to snow, one a line: the colour as red, green, blue, and as HTML writes it.
echo "Twelve shades, from night to snow:"
while read -r html red green blue; do
  printf '%s %s %s %s\n' "$html" "$red" "$green" "$blue" >> "$out"
  printf '  \033[48;2;%s;%s;%sm      \033[0m %s\n' "$red" "$green" "$blue" "$html"
done << 'END'
#0b1b33 11 27 51
#10284a 16 40 74
#163862 22 56 98
#1d4a7a 29 74 122
#265d93 38 93 147
#3473ab 52 115 171
#4a8ac0 74 138 192
#66a2d1 102 162 209
#88badf 136 186 223
#abd0eb 171 208 235
#cfe5f5 207 229 245
#f4fbff 244 251 255
END
