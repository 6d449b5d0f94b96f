-- Why a derivation is built once more: an attempt after its first.
create table later_attempt (
  -- Servers that do not know this table forget derivations too while all are upgraded one after the other.
  derivation_id bigint not null references derivation on delete cascade,
  attempt int not null,
  -- What came of the attempt before was put aside; else that one was cancelled.
  is_reset boolean not null,
  -- The job whose evaluation asked for it; null where a person did, or a build that needs it.
  job_id uuid references job on delete set null,
  at timestamptz not null default now(),
  primary key (derivation_id, attempt)
);
create index on later_attempt (job_id) where job_id is not null;
