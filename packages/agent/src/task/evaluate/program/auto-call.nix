# Calls functions as `nix-build` does: only those whose arguments all have a default or a value here [1.3.1], [1.3.2].
let
  inherit (builtins) attrNames filter functionArgs head intersectAttrs isAttrs isFunction length split toXML;

  # `functionArgs` does not tell `x: …`, which is not called, from `{ }: …`, which is: the XML form does.
  patternOf = f:
    let xml = toXML f; has = mark: length (split mark xml) > 1; in
    { named = has "<attrspat"; open = has "<attrspat[^>]* ellipsis=\"1\""; };

  call = available: f:
    let
      pattern = patternOf f;
      wanted = functionArgs f;
      missing = filter (name: !(wanted.${name} || available ? ${name})) (attrNames wanted);
    in
    if !pattern.named then f
    else if missing != [ ] then throw "cannot auto-call a function that has an argument without a default value ('${head missing}')"
    else f (if pattern.open then available else intersectAttrs wanted available);

  value = available: v: if isFunction v then call available v else v;

  functor = available: v: value available (v.__functor v);

  # A functor at the root is called before anything is looked for in it; one that gives functors for ever is left.
  root = available: v:
    let go = calls: v: if isAttrs v && v ? __functor && (v.type or null) != "derivation" && calls < 10 then go (calls + 1) (functor available v) else v; in
    go 0 (value available v);
in
{ inherit functor root; }
