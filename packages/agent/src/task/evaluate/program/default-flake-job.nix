# What a flake's job is made of when its herculesCI gives no onPush: everything in its outputs that is known [1.5].
{ flake, herculesArgs, herculesCI, schema }:
let
  inherit (builtins) attrNames elem filter getContext hasAttr head isAttrs isFunction isPath isString length listToAttrs mapAttrs match pathExists substring trace;
  inherit (schema) expect listOf optional required;

  # null: no restriction [1.5.2]
  ciSystems = optional herculesCI "ciSystems" systemsOfServer (listOf "String" "herculesCI.ciSystems");
  systemsOfServer = let systems = herculesArgs.herculesCI.ciSystems; in if systems == null then null else attrNames systems;
  isWanted = system: ciSystems == null || elem system ciSystems;

  # What follows gets the place of a value before the value, to name it when it is not what it should be.
  wantedOnly = at: value:
    let perSystem = expect "Attrs" at value; in
    listToAttrs (map (system: { name = system; value = perSystem.${system}; }) (filter isWanted (attrNames perSystem)));
  each = f: at: value: mapAttrs (name: f "${at}.${name}") (expect "Attrs" at value);
  forSystems = f: at: value: each f at (wantedOnly at value);

  isDerivation = value: isAttrs value && (value.type or null) == "derivation";

  shell = at: value: if isDerivation value then value // { buildDependenciesOnly = true; } else throw "Attribute is not a shell derivation";

  app = at: value:
    let program = required at "program" value; in
    if (value.type or null) != "app" then throw ''App type attribute must be set to "app".''
    else { program = if isString program then packageOf program else program; };

  # The package that the text of a program mentions; to be built like one.
  packageOf = program:
    let drvs = filter (path: match ".*[.]drv" path != null) (attrNames (getContext program)); in
    if length drvs == 1 then { type = "derivation"; drvPath = head drvs; }
    else throw ''
      The program of this app is a string that mentions ${if drvs == [ ] then "no package" else "several packages"}, so Firn can't tell what to build.
      Set program to a package that has meta.mainProgram, or to a string of the form "''${pkg}/bin/command".'';

  configuration = name: at: value:
    let config = required at "config" (expect "Attrs" at value); system = systemOf config (value.options or { }); in
    if ciSystems != null && !isWanted system
    then trace "Ignoring flake attribute ${name} (system ${system} not in ciSystems)" null
    else { config.system.build.toplevel = config.system.build.toplevel; };

  configurations = at: value: mapAttrs (name: configuration name "${at}.${name}") (expect "Attrs" at value);

  # [1.5.6]
  systemOf = config: options:
    if options.nixpkgs.hostPlatform.isDefined or false then config.nixpkgs.buildPlatform.system
    else config.nixpkgs.localSystem.system or config.nixpkgs.system;

  # [1.5.7]
  template = at: value:
    let
      path = value.path;
      text = if isPath path then toString path else if isString path || (isAttrs path && (path ? __toString || path ? outPath)) then "${path}" else throw "${at}.path must be a path";
    in
    if !isAttrs value then throw "${at} must be an attribute set"
    else if !(value ? description) then throw "${at} must have a description"
    else if !isString value.description then throw "${at}.description must be a string"
    else if !(value ? path) then throw "${at} must have a path"
    else if substring 0 (builtins.stringLength builtins.storeDir) text != builtins.storeDir then throw "${at}.path must be in the store, such as ./template"
    else if !pathExists path then throw "${at}.path does not exist: ${builtins.unsafeDiscardStringContext text}"
    else null;

  translations = {
    packages = wantedOnly;
    checks = wantedOnly;
    formatter = wantedOnly;
    devShell = forSystems shell;
    devShells = forSystems (each shell);
    apps = forSystems (each app);
    nixosConfigurations = configurations;
    darwinConfigurations = configurations;
    templates = each template;
    effects = at: value: if isFunction value then value herculesArgs else value;
  };
  silent = [ "herculesCI" "overlays" "submodules" "nixosModules" "darwinModules" "legacyPackages" ];
  deprecated = [ "defaultApp" "defaultPackage" "defaultTemplate" "defaultBundler" "overlay" ];

  translate = name: value:
    if hasAttr name translations then translations.${name} name value
    else if elem name silent then null
    else trace "Ignoring flake attribute ${name}${if elem name deprecated then " (deprecated)" else ""}" null;
in
if herculesCI ? onPush then herculesCI else herculesCI // { onPush.default.outputs = mapAttrs translate flake.outputs; }
