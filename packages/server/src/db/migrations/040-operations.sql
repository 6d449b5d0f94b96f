-- What operators look at, and what is removed in time.

-- That a loop which may run on any replica has turned: the newest of all replicas.
create table heartbeat (
  name text primary key,
  at timestamptz not null
);

-- What should be running and is not (core/queue/watchdog.ts), while it lasts.
create table alert (
  key text primary key,
  kind text not null,
  cause text not null,
  action text not null,
  -- How often in a row the watchdog has seen it; what it saw once may be over by the time it is told.
  looks int not null default 1,
  raised_at timestamptz not null default now()
);

-- After how many days things of an account are removed; null keeps them for ever, as does no row.
create table retention (
  account_id uuid primary key references account on delete cascade,
  job_days int check (job_days > 0),
  log_days int check (log_days > 0),
  failure_days int check (failure_days > 0)
);

-- For rates of the last hour without a look at each task.
create index task_ended on task (ended_at, kind, outcome) where state = 'ended';
create index job_open on job (project_id) where ended_at is null;
-- All jobs of a push, reruns included, to remove it whole.
create index job_of_push on job (config_job_id);
-- What looks for these is the removal of what they name.
create index job_rerun_of on job (rerun_of) where rerun_of is not null;
create index job_superseded_by on job (superseded_by) where superseded_by is not null;
create index evaluation_reused_from on evaluation (reused_from) where reused_from is not null;
create index import_of_derivation on import_from_derivation (derivation_id);
