# The program that an evaluation task asks: what the root is, how to go to a child, what to say of a value, and the
# handlers. `args` comes from `program.ts`; `default-flake-job.nix`, `schema.nix`, `auto-call.nix` and
# `names.nix` lie beside it.
# Numbers in brackets are statements of hercules-ci.md.
{ args, schema, autoCall, names, defaultFlakeJob }:
let
  inherit (builtins) attrNames elem getFlake head isAttrs isFunction isList isString length mapAttrs pathExists seq trace;
  inherit (schema) expect optional required typeName;

  isFlake = args ? flake;
  flake = getFlake args.flake;

  # What differs from push to push is watched: a trace that only the agent can tell from others says that it was looked
  # at. An evaluation that looked at none of it may be used again for another push.
  git = mapAttrs (name: value: if elem name args.watched then trace "${args.nonce} ${name}" value else value) args.git;

  # [1.3.3]–[1.3.5]; of a flake, outPath is in the store [1.2.5]
  primaryRepo = git // { outPath = if isFlake then flake.outPath else args.checkout; };

  herculesArgs = {
    inherit primaryRepo;
    inherit (primaryRepo) branch ref rev shortRev tag;
    herculesCI = { inherit (args) apiBaseUrl ciSystems; };
  };

  # The value of the file, called when it is a function of optional arguments only [1.3.1], [1.3.2].
  fileValue = autoCall.root { src = primaryRepo; } (import args.file);

  # A lambda is called, anything else is used as it is [1.3.9].
  callOptionally = value: argument: if isFunction value then value argument else value;

  hasHerculesCI = isFlake || fileValue ? herculesCI;
  own = callOptionally (if isFlake then flake.herculesCI or { } else fileValue.herculesCI) herculesArgs;
  herculesCI =
    let checked = expect "Attrs" "herculesCI" own; in
    if isFlake then defaultFlakeJob { inherit flake herculesArgs schema; herculesCI = checked; } else checked;

  # [1.10.4]; a repository that is no flake is passed as its source
  extraInput = name: { dir, url, rev }:
    if pathExists (dir + "/flake.nix") then getFlake url else builtins.fetchGit { url = "file://${dir}"; ref = "HEAD"; inherit rev; };
  extraInputs = mapAttrs extraInput args.inputs;

  handlersOf = kind: if herculesCI ? ${kind} then expect "Attrs" "herculesCI.${kind}" herculesCI.${kind} else { };
  handlerOf = kind: name: expect "Attrs" "herculesCI.${kind}.${name}" (required "herculesCI.${kind}" name (handlersOf kind));

  # [1.4.2]–[1.4.4]; the outputs are not looked at
  describeHandler = kind: name:
    let
      handler = handlerOf kind name;
      at = "herculesCI.${kind}.${name}";
      input = inputName: declared:
        let place = "${at}.extraInputs.${inputName}"; attrs = expect "Attrs" place declared; in
        {
          project = schema.plainString "${place}.project" (required place "project" attrs);
          ref = optional attrs "ref" null (schema.plainString "${place}.ref");
        };
    in
    {
      enable = optional handler "enable" true (expect "Bool" "${at}.enable");
      # As a list: of a set with an `outPath` JSON has nothing else.
      extraInputs =
        let declared = optional handler "extraInputs" { } (expect "Attrs" "${at}.extraInputs"); in
        map (inputName: { name = inputName; value = input inputName declared.${inputName}; }) (attrNames declared);
      when = optional handler "when" { } (schema.when "${at}.when");
    };

  outputs =
    let at = "herculesCI.${args.handler.kind}.${args.handler.name}"; handler = handlerOf args.handler.kind args.handler.name; in
    expect "Attrs" "${at}.outputs" (callOptionally (required at "outputs" handler) extraInputs);

  isDerivation = value: value.type or null == "derivation";

  # The first mark that holds counts; those after it are not looked at [1.8.1], [1.8.4]–[1.8.6].
  markOf = value:
    let
      is = name: (value.${name} or false) == true;
      phase = if isList (value.phases or null) && length value.phases == 1 then head value.phases else null;
    in
    if is "isEffect" then "isEffect"
    else if is "buildDependenciesOnly" then "buildDependenciesOnly"
    else if isString phase && (phase == "nobuildPhase" || phase == "noBuildPhase") then "nobuildPhase"
    else if is "ignoreFailure" then "ignoreFailure"
    else if is "requireFailure" then "requireFailure"
    else null;

  describeSet = value: let sorted = names (attrNames value); in { is = "set"; names = sorted.told; inherit (sorted) untold; };

  describeDerivation = value: seq value.drvPath { is = "derivation"; inherit (value) drvPath; mark = markOf value; };

  # [1.6]: every set is gone into that is not marked otherwise.
  ofOutputs = {
    root = outputs;
    child = value: name: value.${name};
    describe = value:
      if !isAttrs value then { is = typeName value; }
      else if isDerivation value then describeDerivation value
      else if value ? _type then { is = "typed"; }
      else if (value.recurseForDerivations or true) == false then { is = "unrecursed"; }
      else describeSet value;
  };

  # [1.7]: a set below the root is gone into when it asks for it; a functor is called and its result is gone into like a
  # root. The tree of `node`s keeps what a functor gave: each question begins at the root again.
  ofLegacy = {
    root = node { forced = true; calls = 0; value = fileValue; };
    child = { children, ... }: name: children.${name};
    describe = { settled, ... }:
      let inherit (settled) value calls; in
      if settled.exhausted then { is = "exhausted"; }
      else if !isAttrs value then { is = typeName value; }
      else if isDerivation value then describeDerivation value
      else if settled.forced || recurses value then describeSet value // { inherit calls; }
      else { is = "unrecursed"; };
  };
  node = visited: rec {
    settled = settle visited;
    children = mapAttrs (name: value: node { forced = false; calls = 0; inherit value; }) settled.value;
  };
  settle = visited@{ forced, calls, value }:
    if !(isAttrs value && value ? __functor && !isDerivation value && (forced || recurses value)) then visited // { exhausted = false; }
    else if calls == 10 then visited // { exhausted = true; }
    else settle { forced = true; calls = calls + 1; value = autoCall.functor { src = primaryRepo; } value; };
  # [1.7.4]
  recurses = value: value ? recurseForDerivations && expect "Bool" "recurseForDerivations" value.recurseForDerivations;
in
(if hasHerculesCI then ofOutputs else ofLegacy) // {
  # What the file is; refuses a root that is no set [1.3.11].
  kind = seq (if isFlake then null else expect "Attrs" "" fileValue) (if hasHerculesCI then "herculesCI" else "legacy");
  handlerNames = kind:
    let sorted = names (attrNames (handlersOf kind)); in
    if sorted.untold == [ ] then sorted.told
    else throw "The name of a handler is not UTF-8: ${head sorted.untold}\n  in attribute herculesCI.${kind}";
  handler = describeHandler;
  # Where a flake's source is in the store, found without evaluating the flake, which may be what fails.
  source = builtins.unsafeDiscardStringContext (builtins.fetchTree args.flake).outPath;
  # For the check of the lock file, read without the fetching that makes a flake of it.
  flakeInputs =
    let file = import (args.checkout + "/flake.nix"); in
    { inputs = file.inputs or { }; arguments = attrNames (builtins.functionArgs file.outputs); };
}
