-- A callback whose bytes aren't all UTF-8 is a row too (platforms cut long labels inside a character): its body has U+FFFD for
-- each such byte, and the bytes themselves stand beside it.
alter table messages add column body_bytes bytea;
comment on column messages.body_bytes is 'The decrypted payload''s bytes, where it isn''t UTF-8 and body has U+FFFD in it; sealed as a whole (sealed:v1:…) if it holds a credential';
comment on column messages_default.body_bytes is 'The decrypted payload''s bytes, where it isn''t UTF-8 and body has U+FFFD in it; sealed as a whole (sealed:v1:…) if it holds a credential';

-- Attributes mirror the body's structure since version 2 of the normaliser; rows of version 1 have paths with dots.
comment on column messages.attributes is 'Everything else of it, by the platform''s names and in the body''s structure: objects, lists, texts. Enriched names are in snake_case (menu_name, channel)';
comment on column messages_default.attributes is 'Everything else of it, by the platform''s names and in the body''s structure: objects, lists, texts. Enriched names are in snake_case (menu_name, channel)';
