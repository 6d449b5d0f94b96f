# A snowflake, computed by Nix: a palette, eight strips that need it, a picture made of the strips, a page around the
# picture, and a check. All of it is plain `derivation` and the built-in commands of /bin/sh: nothing is downloaded.
{
  system ? builtins.currentSystem,
}:
let
  # Runs a shell script of the folder `steps`. The attributes reach it as environment variables, as does `$out`.
  step =
    name: script: variables:
    derivation (
      variables
      // {
        inherit system;
        name = "hello-${name}";
        builder = "/bin/sh";
        args = [ "-eu" script ];
      }
    );

  size = 96;
  rows = 12;

  palette = step "palette" ./steps/palette.sh { };

  strip =
    number:
    step "strip-${toString number}" ./steps/strip.sh {
      inherit palette size rows;
      first = number * rows;
    };
  numbers = builtins.genList (number: number) (size / rows);
  strips = map strip numbers;

  picture = step "picture.svg" ./steps/picture.sh { inherit palette strips size; };
in
{
  inherit palette picture;
  strips = builtins.listToAttrs (
    map (number: {
      name = "strip-${toString number}";
      value = builtins.elemAt strips number;
    }) numbers
  );
  page = step "page.html" ./steps/page.sh {
    inherit palette picture;
    head = ./steps/head.html;
  };
  checks.picture = step "check" ./steps/check.sh { inherit palette strips size; };
}
