# What a configuration must look like, with messages that name the attribute [1.4.5].
let
  inherit (builtins) hasContext isInt typeOf;

  names = { int = "Int"; bool = "Bool"; string = "String"; path = "Path"; null = "Null"; set = "Attrs"; list = "List"; lambda = "Function"; float = "Float"; };
  typeName = value: names.${typeOf value} or (typeOf value);

  provenance = at: if at == "" then "" else "\n  in attribute ${at}";

  expect = type: at: value:
    if typeName value == type then value
    else throw "Expecting a value of type ${type}, but got type ${typeName value}.${provenance at}";

  required = at: name: attrs: if attrs ? ${name} then attrs.${name} else throw ''Missing attribute "${name}"${provenance at}'';

  # Null is the same as absent.
  optional = attrs: name: default: read: if (attrs.${name} or null) == null then default else read attrs.${name};

  plainString = at: value:
    let text = expect "String" at value; in
    if hasContext text then throw "Expecting a string without context.${provenance at}" else text;

  listOf = type: at: value: map (expect type at) (expect "List" at value);

  # [1.11.2]; ranges are checked in `core/traversal/when.ts`. A single hour is a list of one [1.11.8].
  when = at: value:
    let attrs = expect "Attrs" at value; in
    {
      minute = optional attrs "minute" null (expect "Int" "${at}.minute");
      hour = optional attrs "hour" null (hour: if isInt hour then [ hour ] else listOf "Int" "${at}.hour" hour);
      dayOfWeek = optional attrs "dayOfWeek" null (listOf "String" "${at}.dayOfWeek");
      dayOfMonth = optional attrs "dayOfMonth" null (listOf "Int" "${at}.dayOfMonth");
    };
in
{ inherit expect listOf optional plainString required typeName when; }
