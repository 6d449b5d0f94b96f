# What a continuous integration that honours `herculesCI` builds of this repository: everything, at each push.
{
  herculesCI = { ... }: {
    onPush.default.outputs = import ./default.nix { };
  };
}
