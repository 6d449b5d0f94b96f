-- In which order waiting tasks are placed, and for whom (core/queue/order.ts).

-- 0 a person asked for it first, 1 a running evaluation waits for it, 2 ordinary (core/queue/match.ts).
alter table task
  add column urgency smallint not null default 2 check (urgency between 0 and 2),
  -- Seconds of the longest chain of builds that needs it (core/queue/critical-paths.ts); 0 while it is not known.
  add column rank real not null default 0,
  -- The project whose share of the slots it takes.
  add column project_id uuid;

update task set project_id = job.project_id from job where task.kind <> 'build' and task.subject = job.id::text;
update task set project_id = job.project_id from job_derivation join job on job.id = job_derivation.job_id
  where task.kind = 'build' and task.subject = job_derivation.derivation_id::text;
delete from task where project_id is null and state = 'ended';
alter table task alter column project_id set not null;

drop index task_queue;
-- Tasks that ask the same of an agent stand together, those of a project among them in the order of their turn.
create index task_queue on task
  (account_id, kind, platform, required_features, project_id, urgency, rank desc, queued_at, id) where state = 'queued';

-- The same of derivations that wait for their inputs: their tasks take it over.
alter table derivation
  add column urgency smallint not null default 2,
  add column rank real not null default 0,
  -- The project that asked for it first.
  add column project_id uuid;
update derivation set project_id = job.project_id from job_derivation join job on job.id = job_derivation.job_id
  where job_derivation.derivation_id = derivation.id;

-- Somebody wants it done before all others.
alter table job add column is_bumped boolean not null default false;

-- How long builds of a name took, without its version: the newest weigh most.
create table build_duration (
  account_id uuid not null references account,
  name text not null,
  mean_ms real not null,
  builds int not null,
  primary key (account_id, name)
);

-- How much of the slots each project has had lately: slot-seconds, of which half are forgotten every ten minutes. Where there
-- are few slots, who has had least comes first.
create table slot_use (
  project_id uuid primary key,
  account_id uuid not null references account,
  seconds real not null,
  at timestamptz not null default now()
);
create index on slot_use (account_id);
