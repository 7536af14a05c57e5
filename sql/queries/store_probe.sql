-- A blank document and a blank job, as any batch would write them; taken back at once. $1 text search configuration,
-- $2 collection, $3 node
with document as (
    insert into penstock.documents (collection, sha256, name, media_type, byte_size, body, tsv)
    values ($2, sha256(uuid_send(gen_random_uuid())), 'blank', 'text/plain', 0, 'blank',
            penstock.vector((select $1::text::regconfig), 'blank'))
)
insert into penstock.jobs (collection, path, size, mtime, ctime, node, token, state, seen_at)
values ($2, uuid_send(gen_random_uuid()), 0, 0, 0, $3, 0, 'claimed', now())
