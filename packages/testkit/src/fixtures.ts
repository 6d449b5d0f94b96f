/** Small repositories for journeys; every derivation is salted, since the machine's store remembers what it has built. */
import { randomUUID } from 'node:crypto'

/** `layers` layers of `width` derivations, each needing two of the layer before; every one prints and takes `seconds`. */
export function layeredProject({ layers, width, seconds }: { layers: number; width: number; seconds: number }): string {
  return `
let
  salt = "${randomUUID()}";
  node = name: inputs: derivation {
    inherit name inputs salt;
    system = "x86_64-linux";
    builder = "/bin/sh";
    args = [ "-c" "echo begin $name; sleep ${seconds}; echo end $name; echo $name $salt > $out" ];
  };
  layer = n: builtins.genList (i:
    node "step-\${toString n}-\${toString i}" (if n == 0 then [ ] else
      let below = layer (n - 1); in [ (builtins.elemAt below i) (builtins.elemAt below ((i + 1 - ((i + 1) / ${width}) * ${width}))) ])
  ) ${width};
  all = builtins.genList layer ${layers};
in {
  herculesCI = { ... }: {
    onPush.default.outputs = builtins.listToAttrs (builtins.concatMap (steps:
      map (d: { name = d.name; value = d; }) steps) all);
  };
}
`
}
