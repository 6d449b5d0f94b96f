/** The trees that the benchmark evaluates, generated. All take `salt` (so that derivations are new) and `bad` (with the failing ones). */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** `count` derivations in groups of 50 with a little shared work; every 20th attribute fails, in ten ways. */
export function writeSynthetic(folder: string, count: number): string {
  const file = join(folder, `synthetic-${count}.nix`)
  writeFileSync(
    file,
    `{ salt, bad }:
let
  shared = builtins.foldl' (a: i: a + i) 0 (builtins.genList (i: i) 200000);
  dep = i: derivation { name = "dep-\${toString i}-\${salt}"; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "echo \${toString (shared + i)} > $out" ]; };
  deps = builtins.genList dep 40;
  rem = a: b: a - (a / b) * b;
  good = i: derivation {
    name = "pkg-\${toString i}-\${salt}"; system = "x86_64-linux"; builder = "/bin/sh";
    args = [ "-c" "cp -r $dep $out" ]; dep = builtins.elemAt deps (rem i 40);
    text = builtins.concatStringsSep " " (builtins.genList (k: "word-\${toString (k + i)}") 60);
  };
  failures = [
    (i: throw "thrown \${toString i}") (i: abort "aborted") (i: assert false; 1) (i: { }.missing) (i: 1 + "x")
    (i: let x = x; in x) (i: import ./missing-file.nix) (i: derivation { name = "bad name/"; system = "x"; builder = "y"; })
    (i: builtins.head [ ]) (i: (x: x.y) 3)
  ];
  fails = i: rem i 20 == 7;
  group = g: {
    name = "group-\${toString g}";
    value = { recurseForDerivations = true; } // builtins.listToAttrs (builtins.concatLists (builtins.genList (k:
      let i = g * 50 + k; in
      if fails i then (if bad then [ { name = "attr-\${toString i}"; value = (builtins.elemAt failures (rem (i / 20) 10)) i; } ] else [ ])
      else [ { name = "attr-\${toString i}"; value = good i; } ]) 50));
  };
in builtins.listToAttrs (builtins.genList group (${count} / 50))
`,
  )
  return file
}

/** A package set: a fixed point with overlays, a file per package, callPackage, override and overrideAttrs, a deep graph. */
export function writePackageSet(folder: string, count: number): string {
  const packages = join(folder, `packages-${count}`)
  mkdirSync(packages, { recursive: true })
  const names = Array.from({ length: count }, (_, i) => `p${i}`)
  for (const [i, name] of names.entries()) {
    const inputs = [...new Set([i >> 1, i >> 2, (i * 7919) % Math.max(i, 1), i - 1])]
      .filter((k) => k >= 0 && k < i)
      .map((k) => `p${k}`)
    writeFileSync(
      join(packages, `${name}.nix`),
      `{ lib, stdenv, ${inputs.map((input) => `${input}, `).join('')}enableDocs ? ${i % 2 === 0} }:
stdenv.mkDerivation (self: {
  pname = "${name}"; version = "1.${i % 17}.${i % 5}";
  inputs = [ ${inputs.join(' ')} ];
  flags = lib.optionals enableDocs [ "--docs" ] ++ map (x: "--with-\${x.pname}=\${x}") self.inputs;
  script = lib.concatMap' (line: "run \${line} \${self.version}") [ "unpack" "patch" "configure" "build" "check" "install" "fixup" ];
  meta = { description = "package ${i}"; platforms = [ "x86_64-linux" "aarch64-linux" ]; license = lib.licenses.l${i % 8}; };
})
`,
    )
  }
  const file = join(folder, `package-set-${count}.nix`)
  writeFileSync(file, packageSetText(packages, names))
  return file
}

function packageSetText(packages: string, names: string[]): string {
  return `{ salt, bad }:
let
  lib = rec {
    fix = f: let x = f x; in x;
    extends = o: f: self: let super = f self; in super // o self super;
    optionals = c: l: if c then l else [ ];
    concatMap' = f: l: builtins.concatStringsSep "\\n" (map f l);
    licenses = builtins.listToAttrs (builtins.genList (i: { name = "l\${toString i}"; value = { spdx = "L\${toString i}"; free = true; }; }) 8);
    makeOverridable = f: args: let r = f args; in r // {
      override = new: makeOverridable f (args // (if builtins.isFunction new then new args else new));
    };
    callPackageWith = set: f: args: let
        function = if builtins.isFunction f then f else import f;
        auto = builtins.intersectAttrs (builtins.functionArgs function) set;
      in makeOverridable function (auto // args);
  };
  mkDerivation = final: let
      attrs = lib.fix final;
      checked = builtins.foldl' (ok: p: ok && builtins.isString p) true attrs.meta.platforms;
      env = builtins.removeAttrs attrs [ "meta" "pname" "version" "inputs" "passthru" ] // {
        name = "\${attrs.pname}-\${attrs.version}-\${salt}"; system = "x86_64-linux"; builder = "/bin/sh";
        args = [ "-e" (builtins.toFile "builder.sh" "echo $name > $out\\n") ];
        buildInputs = map (x: x.outPath) attrs.inputs;
        propagated = builtins.concatStringsSep ":" (builtins.sort (a: b: a < b) (map (x: x.pname) attrs.inputs));
        outputs = [ "out" ];
        phases = builtins.concatStringsSep " " (builtins.filter (p: p != "") (map (p: builtins.replaceStrings [ "@" ] [ attrs.pname ] p)
          [ "unpack@" "patch@" "configure@" "build@" "check@" "install@" "fixup@" "dist@" ]));
      };
      drv = builtins.derivation (assert checked; env);
    in drv // {
      inherit (attrs) pname version meta inputs;
      overrideAttrs = f: mkDerivation (lib.extends f final);
    };
  base = self: { inherit lib; stdenv = { inherit mkDerivation; }; callPackage = lib.callPackageWith self; };
  all = self: super: {
${names.map((name) => `    ${name} = self.callPackage ${packages}/${name}.nix { };`).join('\n')}
  };
  overlays = [
    all
    (self: super: { p5 = super.p5.override { enableDocs = true; }; p9 = super.p9.overrideAttrs (s: p: { version = p.version + "-patched"; }); })
  ];
  pkgs = lib.fix (builtins.foldl' (f: o: lib.extends o f) base overlays);
  fails = name: builtins.match "p[0-9]*7[0-9]" name != null && builtins.match ".*[05]" name != null;
  wanted = builtins.filter (name: bad || !(fails name)) [ ${names.map((name) => `"${name}"`).join(' ')} ];
in builtins.listToAttrs (map (name: { inherit name; value = if fails name then throw "broken" else pkgs.\${name}; }) wanted)
`
}
