-- Repositories that are elsewhere and are looked at (docs/decisions/050-repositories-elsewhere.md).

-- Where the project's repository is; null: in the local forge. Never with a password in it.
alter table project add column remote_url text;

create table git_remote (
  project_id uuid primary key references project on delete cascade,
  username text,
  -- The password or the private SSH key, sealed with the installation's key (catalog/seal.ts).
  credential bytea,
  -- The SSH keys that the host showed at the first look, in known_hosts form; another one is refused.
  host_keys text,
  poll_every_s int not null default 60,
  next_poll_at timestamptz not null default now(),
  -- Counts the pokes: one that comes during a look is another look.
  pokes int not null default 0,
  -- The last look that succeeded; null: it was never seen, and its first sight is to come.
  seen_at timestamptz,
  -- Of the looks since then, each failed: how many, and what the last one met.
  failures int not null default 0,
  error text
);
create index git_remote_due on git_remote (next_poll_at);

-- What a forge signs its pokes with; of each repository at most two, so that one can be replaced without a gap.
create table poke_secret (
  id uuid primary key,
  project_id uuid not null references git_remote (project_id) on delete cascade,
  sealed bytea not null,
  created_at timestamptz not null default now()
);
create index on poke_secret (project_id);
