-- Logs that are longer than the server keeps, their phases, and pieces by the length of their text.

alter table log
  -- UTF-16 units of all text that came.
  add column chars bigint not null default 0,
  -- Of a log that is longer than is kept: its end begins at cut_to; the lines of [cut_from, cut_to) are left out.
  add column cut_from bigint,
  add column cut_to bigint,
  add column cut_chars bigint not null default 0,
  add check ((cut_from is null) = (cut_to is null)),
  add check (cut_from <= cut_to);

alter table log_piece add column chars int not null default 0;

-- Where a phase of the builder begins (Nix's setPhase); the line may not have come yet.
create table log_phase (
  log_id uuid not null references log on delete cascade,
  first_line bigint not null,
  ms bigint not null,
  name text not null,
  primary key (log_id, first_line)
);
