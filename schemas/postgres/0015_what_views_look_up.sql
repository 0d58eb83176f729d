-- What the views for other systems (0016) look up.

-- Compared by their bytes, as all texts in indexes (0008). No row is rewritten.
alter table messages alter column type type text collate "C", alter column subject type text collate "C",
  alter column conversation type text collate "C";
-- Rare events of the journal that views look up by what they are about. Partial, so that a message costs a comparison.
create index messages_relation on messages (account, subject, occurred_at) where type like 'group.%' or type like 'authorization.%';
create index messages_instance_event on messages (account, type, occurred_at) where platform = 'instance' and category = 'event';
