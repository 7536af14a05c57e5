-- A blank document, a blank job and a configuration, as any batch may write them; taken back at once. $1 text search configuration,
-- $2 collection, $3 node
with document as (
    insert into penstock.documents (collection, sha256, name, media_type, byte_size, body, tsv)
    values ($2, sha256(uuid_send(gen_random_uuid())), 'blank', 'text/plain', 0, 'blank',
            penstock.vector((select $1::text::regconfig), 'blank'))
),
config as (
    insert into penstock.text_configs (name) values (gen_random_uuid()::text)
)
insert into penstock.jobs (collection, path, size, mtime, ctime, node, token, state, seen_at)
values ($2, uuid_send(gen_random_uuid()), 0, 0, 0, $3, 0, 'claimed', now())
