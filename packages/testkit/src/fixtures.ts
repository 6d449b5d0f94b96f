/** Small repositories for journeys; every derivation is salted, since the machine's store remembers what it has built. */
import { randomUUID } from 'node:crypto'

/** `layers` layers of `width` derivations, each needing two of the layer before; every one prints and takes `seconds`. */
type Layers = { layers: number; width: number; seconds: number /** said by each builder */; lines?: number }

export function layeredProject({ layers, width, seconds, lines = 0 }: Layers): string {
  return `
let
  salt = "${randomUUID()}";
  node = name: inputs: derivation {
    inherit name inputs salt;
    system = "x86_64-linux";
    builder = "/bin/sh";
    args = [ "-c" "echo begin $name; i=0; while [ $i -lt ${lines} ]; do echo line $i; i=$((i+1)); done; sleep ${seconds}; echo end $name; echo $name $salt > $out" ];
  };
  # Each layer refers to the one before it as a value, so that nothing is evaluated twice.
  all = builtins.foldl' (layers: n: layers ++ [ (builtins.genList (i:
    node "step-\${toString n}-\${toString i}" (if n == 0 then [ ] else
      let
        below = builtins.elemAt layers (n - 1);
        next = if i + 1 == ${width} then 0 else i + 1;
      in [ (builtins.elemAt below i) (builtins.elemAt below next) ])
  ) ${width}) ]) [ ] (builtins.genList (n: n) ${layers});
in {
  herculesCI = { ... }: {
    onPush.default.outputs = builtins.listToAttrs (builtins.concatMap (steps:
      map (d: { name = d.name; value = d; }) steps) all);
  };
}
`
}
