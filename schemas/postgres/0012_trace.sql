-- What `wxpipe trace` looks up: a message by the platform's MsgId, and the repeats of an event.
-- Compared by its bytes, as all texts in indexes (0008). No row is rewritten.
alter table messages alter column msg_id type text collate "C";
create index messages_msg_id on messages (msg_id) where msg_id is not null;
create index duplicate_receipts_event_id on wxpipe.duplicate_receipts (event_id);
