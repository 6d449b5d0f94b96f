# Four things that go wrong, each in its own way, beside four that go well. See README.md.
{
  system ? builtins.currentSystem,
}:
let
  step =
    name: variables: script:
    derivation (
      variables
      // {
        inherit system;
        name = "broken-${name}";
        builder = "/bin/sh";
        args = [
          "-euc"
          script
        ];
      }
    );

  flour = step "flour" { } ''
    echo "Milling"
    echo "two cups of flour" > "$out"
  '';

  water = step "water" { } ''
    echo "Fetching water from the tap"
    echo "one cup of water" > "$out"
  '';

  dough = step "dough" { inherit flour water; } ''
    echo "Kneading"
    read -r first < "$flour"
    read -r second < "$water"
    printf '%s\n' "$first" "$second" > "$out"
  '';

  oven = step "oven" { } ''
    echo "Heating up"
    for degrees in 60 120 180 240; do
      printf '%s degrees\n' $degrees
    done
    printf '\033[31merror: the fuse has blown at %s degrees, 220 were wanted\033[0m\n' $degrees >&2
    exit 3
  '';
in
{
  good = {
    inherit flour water dough;
    table = step "table" { } ''
      echo "Laying the table"
      echo "a table for two" > "$out"
    '';
  };

  bad = {
    # Evaluation fails: somebody gave up in words.
    recipe = throw "the recipe for sourdough is not written yet";
    # Evaluation fails: a number where text is needed.
    label = step "label" { } ("Best before " + 2026);
    # The build fails.
    inherit oven;
    # Cannot be built, since the oven failed.
    bread = step "bread" { inherit dough oven; } ''
      echo "Baking"
      echo "a loaf of bread" > "$out"
    '';
  };
}
