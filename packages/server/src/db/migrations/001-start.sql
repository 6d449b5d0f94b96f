-- The tables of each room, in the order of the rooms (house.md). Ids are UUIDv7 made by the server.

-- db: what is one of a kind in an installation
create table instance (
  one boolean primary key default true check (one),
  -- Key of the MACs that make task, log and source tokens, so that no such token is ever stored.
  key bytea not null
);

-- outbox ---------------------------------------------------------------------------------------------------------
create table announcement (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default now(),
  kind text not null,
  body jsonb not null
);
create index announcement_order on announcement (xid, id);

-- Where each follower that must see every announcement has come to.
create table follower (
  name text primary key,
  xid xid8 not null default '0',
  id bigint not null default 0
);

-- catalog --------------------------------------------------------------------------------------------------------
create table forge (
  id uuid primary key,
  slug text not null unique,
  type text not null,
  display_name text not null
);

create table account (
  id uuid primary key,
  forge_id uuid not null references forge,
  slug text not null,
  display_name text not null,
  type text not null check (type in ('User', 'Organization')),
  unique (forge_id, slug)
);

create table project (
  id uuid primary key,
  account_id uuid not null references account,
  slug text not null,
  default_branch text,
  enabled boolean not null default true,
  import_from_derivation boolean not null default true,
  submodules boolean not null default false,
  next_job_index int not null default 1,
  created_at timestamptz not null default now(),
  unique (account_id, slug)
);

-- Sign-in: the tables of better-auth, under names of ours.
create table person (
  id text primary key,
  name text not null,
  email text not null unique,
  email_verified boolean not null,
  image text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table browser_session (
  id text primary key,
  user_id text not null references person on delete cascade,
  token text not null unique,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on browser_session (user_id);

create table sign_in_identity (
  id text primary key,
  user_id text not null references person on delete cascade,
  account_id text not null,
  provider_id text not null,
  access_token text,
  refresh_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  id_token text,
  password text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on sign_in_identity (user_id);

create table sign_in_verification (
  id text primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on sign_in_verification (identifier);

create table personal_token (
  id uuid primary key,
  person_id text not null references person on delete cascade,
  hash bytea not null unique,
  description text not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

create table join_token (
  id uuid primary key,
  account_id uuid not null references account,
  hash bytea not null unique,
  description text not null,
  created_at timestamptz not null default now(),
  deleted_at timestamptz
);

-- logs -----------------------------------------------------------------------------------------------------------
-- A log has the id of the task that writes it. Lines are numbered from 0 without gaps.
create table log (
  id uuid primary key,
  account_id uuid not null references account,
  -- How far the writer's conversation has come: the highest message number that is kept.
  received_n bigint not null default -1,
  lines bigint not null default 0,
  bytes bigint not null default 0,
  ended_at timestamptz
);

create index log_open on log (id) where ended_at is null;

-- What is kept of a log, in pieces: in `body` while small and new, in the blob store (by `blob`) once gathered.
create table log_piece (
  log_id uuid not null references log on delete cascade,
  first_line bigint not null,
  lines int not null,
  body bytea,
  blob text,
  bytes int not null,
  primary key (log_id, first_line),
  check ((body is null) <> (blob is null))
);

-- forge ----------------------------------------------------------------------------------------------------------
-- Where each branch and tag was when it was last looked at.
create table git_ref (
  project_id uuid not null references project on delete cascade,
  name text not null,
  rev text not null,
  primary key (project_id, name)
);

-- dispatch -------------------------------------------------------------------------------------------------------
create table agent_session (
  id uuid primary key,
  account_id uuid not null references account,
  join_token_id uuid not null references join_token,
  hash bytea not null unique,
  hostname text not null,
  info jsonb not null,
  platforms text[] not null,
  system_features text[] not null,
  concurrent_tasks int not null,
  created_at timestamptz not null default now(),
  last_seen timestamptz not null default now(),
  -- The run of the agent that speaks on it, and the connection it has now; null while there is none.
  start_id uuid,
  connection_id uuid,
  gone_at timestamptz,
  revoked_at timestamptz
);
create index on agent_session (account_id);

-- One run of an agent process: where the numbering stands in each direction (hercules-ci.md 4.4.4).
create table agent_conversation (
  start_id uuid primary key,
  session_id uuid not null references agent_session on delete cascade,
  received_n bigint not null default -1,
  next_n bigint not null default 0,
  started_at timestamptz not null default now()
);

create table task (
  id uuid primary key,
  account_id uuid not null references account,
  kind text not null check (kind in ('evaluate', 'build', 'effect')),
  -- queued ─► assigned ─► started ─► ended; from any state directly to ended (lost, cancelled)
  state text not null default 'queued' check (state in ('queued', 'assigned', 'started', 'ended')),
  outcome text check (outcome in ('succeeded', 'failed', 'broken', 'lost', 'cancelled')),
  detail text,
  platform text not null,
  required_features text[] not null default '{}',
  -- What it works on: a job for `evaluate` and `effect`, a derivation for `build`. Dispatch does not look behind it.
  subject text not null,
  session_id uuid references agent_session,
  start_id uuid,
  -- Retries of broken work wait for this.
  not_before timestamptz not null default now(),
  attempt int not null default 1,
  -- How many tasks for the same attempt were lost or broken before this one.
  tries int not null default 0,
  queued_at timestamptz not null default now(),
  assigned_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  check ((state = 'ended') = (outcome is not null))
);
create index task_queue on task (account_id, kind, queued_at) where state = 'queued';
create index task_of_session on task (session_id) where state in ('assigned', 'started');
create index task_subject on task (subject);

-- What is still to be said to an agent, until it acknowledges. The text is made anew from the task when it is sent.
create table agent_message (
  start_id uuid not null references agent_conversation on delete cascade,
  n bigint not null,
  kind text not null check (kind in ('start', 'cancel')),
  task_id uuid not null references task on delete cascade,
  primary key (start_id, n)
);

-- job ------------------------------------------------------------------------------------------------------------
create table job (
  id uuid primary key,
  project_id uuid not null references project on delete cascade,
  index int not null,
  -- The Config or Legacy job of the push that this job came from; null for these themselves.
  config_job_id uuid references job on delete cascade,
  type text not null check (type in ('Config', 'Legacy', 'OnPush', 'OnSchedule')),
  name text,
  ref text not null,
  rev text not null,
  -- Git's name of the commit's files: commits of one tree have the same one.
  tree text not null,
  message text not null,
  committer text not null,
  is_flake boolean not null,
  extra_inputs jsonb not null default '{}',
  rerun_of uuid references job on delete set null,
  phase text not null default 'Queued' check (phase in ('Queued', 'Evaluating', 'Building', 'Effects', 'Done')),
  status text not null default 'Pending' check (status in ('Pending', 'Failure', 'Success')),
  evaluation_status text not null default 'Pending' check (evaluation_status in ('Pending', 'Failure', 'Success')),
  derivation_status text not null default 'Pending' check (derivation_status in ('Pending', 'Failure', 'Success')),
  effects_status text not null default 'Pending' check (effects_status in ('Pending', 'Failure', 'Success')),
  is_cancelled boolean not null default false,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  unique (project_id, index),
  check ((config_job_id is null) = (type in ('Config', 'Legacy')))
);
create index job_by_ref on job (project_id, ref, index desc);
create index job_by_rev on job (project_id, rev);
create index job_by_tree on job (project_id, tree);
create unique index job_once on job (config_job_id, type, name) where rerun_of is null;

-- evaluation -----------------------------------------------------------------------------------------------------
create table evaluation (
  id uuid primary key,
  job_id uuid not null unique references job on delete cascade,
  state text not null default 'queued' check (state in ('queued', 'running', 'succeeded', 'failed')),
  -- The task whose events count; events of an earlier one are ignored.
  task_id uuid,
  -- Whether it announced handlers; without them an ended Config job is a Legacy job (hercules-ci.md 1.4.8).
  has_config boolean not null default false,
  -- A technical failure, or a limit that was hit; null while none.
  error text,
  -- What it depended on besides the source, as its agent said; null from agents that don't.
  facts jsonb,
  -- The project's settings that it was made with.
  settings jsonb not null,
  -- The job whose findings were used again instead of evaluating.
  reused_from uuid references job on delete set null,
  agent_hostname text,
  agent_version text,
  started_at timestamptz,
  ended_at timestamptz
);

create table handler (
  job_id uuid not null references job on delete cascade,
  type text not null check (type in ('OnPush', 'OnSchedule')),
  name text not null,
  is_flake boolean not null,
  extra_inputs jsonb not null,
  runs_when jsonb,
  primary key (job_id, type, name)
);

create table evaluation_message (
  job_id uuid not null references job on delete cascade,
  index int not null,
  type text not null,
  message text not null,
  -- The attribute during whose evaluation it was said.
  path text[],
  primary key (job_id, index)
);

-- build ----------------------------------------------------------------------------------------------------------
-- A derivation belongs to an account and is built once for all its jobs (hercules-ci.md 2.5.1).
-- A row without a platform is known by name only, from an edge or an attribute that came first.
create table derivation (
  id bigint generated always as identity primary key,
  account_id uuid not null references account,
  path text not null,
  platform text,
  required_features text[] not null default '{}',
  status text not null default 'NotPlanned' check (status in
    ('NotPlanned', 'Waiting', 'Building', 'BuildFailure', 'DependencyFailure', 'BuildSuccess', 'Cancelled')),
  -- Set with BuildFailure when the failure is not the user's.
  technical_error text,
  attempt int not null default 1,
  -- Whether a task for it is queued, assigned or started.
  has_task boolean not null default false,
  requested_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  -- For the search for forgotten ones, and for nothing else: an index on the condition itself would be chosen for every
  -- query that has it, and that of a large evaluation holds a hundred thousand rows before the statistics know.
  idle boolean not null generated always as (status = 'Waiting' and not has_task) stored,
  unique (account_id, path)
);
create index derivation_idle on derivation (id) where idle;

-- The tables below hold many rows a derivation and are written by evaluations a thousand at a time, with ids that were
-- looked up in the same transaction: foreign keys to `derivation` would check each again, for most of the cost.
create table derivation_output (
  derivation_id bigint not null,
  name text not null,
  path text,
  is_fixed boolean not null,
  hash text,
  size bigint,
  refs text[],
  primary key (derivation_id, name)
);

create table derivation_input (
  derivation_id bigint not null,
  input_id bigint not null,
  outputs text[] not null,
  primary key (derivation_id, input_id)
);
create index on derivation_input (input_id);

-- The derivations that a job's evaluation asked for.
create table job_derivation (
  job_id uuid not null references job on delete cascade,
  derivation_id bigint not null,
  primary key (job_id, derivation_id)
);
create index on job_derivation (derivation_id);

create table attribute (
  job_id uuid not null references job on delete cascade,
  path text[] not null,
  -- SHA-256 of the path: names may be longer than an index entry.
  path_key bytea not null,
  -- The path's text, cut, for lists in path order.
  sort_key text collate "C" not null,
  type text not null check (type in ('Regular', 'MustFail', 'MayFail', 'DependenciesOnly', 'Effect')),
  derivation_id bigint,
  error jsonb,
  secrets jsonb,
  -- How long its evaluation took; null where the agent does not say.
  eval_ms real,
  -- What it says about the job, its marks applied (core/job/outcome.ts).
  outcome text not null check (outcome in ('Pending', 'Failure', 'Success')),
  primary key (job_id, path_key),
  check ((derivation_id is null) = (error is not null))
);
create index attribute_order on attribute (job_id, sort_key, path_key);
create index attribute_of_derivation on attribute (derivation_id);
create index attribute_pending on attribute (job_id) where outcome = 'Pending';
create index attribute_failed on attribute (job_id) where outcome = 'Failure';

-- Imports from derivation that an evaluation waited for (hercules-ci.md 1.13).
create table import_from_derivation (
  job_id uuid not null references job on delete cascade,
  index int not null,
  derivation_id bigint not null references derivation,
  output text not null,
  path text[],
  done boolean not null default false,
  primary key (job_id, index)
);
