-- Outputs that an evaluation found in a store, and so need no build; rows go when one turns out to be gone.
create table output_seen (
  derivation_id bigint not null,
  name text not null,
  -- The store's URI as the agent says it; `auto` is the agent's own.
  store text not null,
  seen_at timestamptz not null default now(),
  primary key (derivation_id, name, store)
);

-- How often an attempt at a derivation found inputs missing that were built or seen before.
create table missing_inputs (
  derivation_id bigint not null,
  attempt int not null,
  rounds int not null,
  primary key (derivation_id, attempt)
);
