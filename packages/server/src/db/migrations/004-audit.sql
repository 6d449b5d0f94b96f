-- Who did what that others may want to know of: powers given and taken, and attempts to use what was not given. Only added to.
create table audit_entry (
  id bigint generated always as identity primary key,
  account_id uuid not null references account,
  at timestamptz not null default now(),
  -- A person's name, or the host name that an agent gives.
  actor text not null,
  -- A sentence without its subject: "made the join token farm".
  deed text not null
);
create index on audit_entry (account_id, id desc);
