# Which names of attributes can be told. In Nix they are bytes of any kind, in JSON they are text in UTF-8; newer Nix
# refuses to write an answer that holds one which is not, and with it all names beside it.
let
  inherit (builtins) concatStringsSep filter fromJSON isString match partition split substring;

  # Nix has no way to write a byte: each is cut out of a character that holds it, given as JSON escapes it.
  byte = place: character: substring place 1 (fromJSON "\"${character}\"");
  first = byte 0;
  second = byte 1;
  range = from: to: "[${from}-${to}]";
  lead = from: to: range (first from) (first to);
  lowest = second "\\u0080";
  highest = second "\\u00bf";
  more = range lowest highest;

  # RFC 3629, section 4
  character = concatStringsSep "|" [
    (lead "\\u0001" "\\u007f")
    "${lead "\\u0080" "\\u07ff"}${more}"
    "${first "\\u0800"}${range (second "\\u0800") highest}${more}"
    "${lead "\\u1000" "\\ucfff"}${more}${more}"
    "${first "\\ud000"}${range lowest (second "\\ud7ff")}${more}"
    "${lead "\\ue000" "\\uffff"}${more}${more}"
    "${first "\\ud800\\udc00"}${range (second "\\ud800\\udc00") highest}${more}${more}"
    "${lead "\\ud8c0\\udc00" "\\udac0\\udc00"}${more}${more}${more}"
    "${first "\\udbc0\\udc00"}${range lowest (second "\\udbff\\udfff")}${more}${more}"
  ];

  # Nearly all names are plain, which is quickly seen.
  isText = name: match "[ -~]*" name != null || match "(${character})*" name != null;

  show = name: concatStringsSep "�" (filter isString (split "[^ -~]+" name));
in
names: let sorted = partition isText names; in { told = sorted.right; untold = map show sorted.wrong; }
