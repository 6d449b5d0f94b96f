-- Where the host of a repository elsewhere shows a line of a file (docs/decisions/024-links-to-files.md), with placeholders; null: as its name tells, if it does.
alter table project add column file_template text;
