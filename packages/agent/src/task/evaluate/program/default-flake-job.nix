# What a flake's job is made of when its herculesCI gives no onPush: everything in its outputs that is known [1.5].
{ flake, herculesArgs, herculesCI }:
let
  inherit (builtins) attrNames elem filter getContext hasAttr head isAttrs isFunction isPath isString length listToAttrs mapAttrs match pathExists substring trace;

  # null: no restriction [1.5.2]
  ciSystems =
    if (herculesCI.ciSystems or null) != null then herculesCI.ciSystems
    else if herculesArgs.herculesCI.ciSystems != null then attrNames herculesArgs.herculesCI.ciSystems
    else null;
  isWanted = system: ciSystems == null || elem system ciSystems;
  wantedOnly = perSystem:
    listToAttrs (map (system: { name = system; value = perSystem.${system}; }) (filter isWanted (attrNames perSystem)));
  forSystems = f: perSystem: mapAttrs (system: f) (wantedOnly perSystem);

  isDerivation = value: isAttrs value && (value.type or null) == "derivation";

  shell = value: if isDerivation value then value // { buildDependenciesOnly = true; } else throw "Attribute is not a shell derivation";

  app = value:
    if (value.type or null) != "app" then throw ''App type attribute must be set to "app".''
    else { program = if isString value.program then packageOf value.program else value.program; };

  # The package that the text of a program mentions; to be built like one.
  packageOf = program:
    let drvs = filter (path: match ".*[.]drv" path != null) (attrNames (getContext program)); in
    if length drvs == 1 then { type = "derivation"; drvPath = head drvs; }
    else throw ''
      The program of this app is a string that mentions ${if drvs == [ ] then "no package" else "several packages"}, so Firn can't tell what to build.
      Set program to a package that has meta.mainProgram, or to a string of the form "''${pkg}/bin/command".'';

  configuration = name: value:
    let system = systemOf value; in
    if ciSystems != null && !isWanted system
    then trace "Ignoring flake attribute ${name} (system ${system} not in ciSystems)" null
    else { config.system.build.toplevel = value.config.system.build.toplevel; };

  # [1.5.6]
  systemOf = { config, options ? { }, ... }:
    if options.nixpkgs.hostPlatform.isDefined or false then config.nixpkgs.buildPlatform.system
    else config.nixpkgs.localSystem.system or config.nixpkgs.system;

  # [1.5.7]
  template = name: value:
    let
      place = "templates.${name}";
      path = value.path;
      text = if isPath path then toString path else if isString path || (isAttrs path && (path ? __toString || path ? outPath)) then "${path}" else throw "${place}.path must be a path";
    in
    if !isAttrs value then throw "${place} must be an attribute set"
    else if !(value ? description) then throw "${place} must have a description"
    else if !isString value.description then throw "${place}.description must be a string"
    else if !(value ? path) then throw "${place} must have a path"
    else if substring 0 (builtins.stringLength builtins.storeDir) text != builtins.storeDir then throw "${place}.path must be in the store, such as ./template"
    else if !pathExists path then throw "${place}.path does not exist: ${builtins.unsafeDiscardStringContext text}"
    else null;

  translations = {
    packages = wantedOnly;
    checks = wantedOnly;
    formatter = wantedOnly;
    devShell = forSystems shell;
    devShells = forSystems (mapAttrs (name: shell));
    apps = forSystems (mapAttrs (name: app));
    nixosConfigurations = mapAttrs configuration;
    darwinConfigurations = mapAttrs configuration;
    templates = mapAttrs template;
    effects = value: if isFunction value then value herculesArgs else value;
  };
  silent = [ "herculesCI" "overlays" "submodules" "nixosModules" "darwinModules" "legacyPackages" ];
  deprecated = [ "defaultApp" "defaultPackage" "defaultTemplate" "defaultBundler" "overlay" ];

  translate = name: value:
    if hasAttr name translations then translations.${name} value
    else if elem name silent then null
    else trace "Ignoring flake attribute ${name}${if elem name deprecated then " (deprecated)" else ""}" null;
in
if herculesCI ? onPush then herculesCI else herculesCI // { onPush.default.outputs = mapAttrs translate flake.outputs; }
