-- What the console looks up (docs/operations.md, The console): leads that are new on a day, and what people did lately.
create index leads_first_activity_at on leads (first_activity_at);
create index audit_logs_occurred_at on audit_logs (occurred_at);
