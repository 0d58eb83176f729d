-- 0032 changes the type of a column of system_logs, and a view keeps its columns' types: so it goes, and 0033 makes it anew.
create schema if not exists wework;
drop view if exists wework.system_logs;
