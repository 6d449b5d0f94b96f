-- What a failed build failed with, as far as its agent says (contract/agent/build-failure.ts).
alter table task add column failure jsonb;

-- What an agent that speaks Firn's extension last said of its machine, and whether it takes work (contract/agent/load.ts).
-- Null from others, and until it is said on the present connection.
alter table agent_session add column load jsonb;
