-- The schema of penstock. docs/ARCHITECTURE.md says why each table is shaped as it is.

create table penstock.documents (
    id          bigint generated always as identity,
    uid         uuid not null default gen_random_uuid(),
    collection  text not null,
    sha256      bytea not null,
    name        text not null,
    media_type  text not null,
    title       text,
    language    text,
    byte_size   bigint not null,
    metadata    jsonb compression lz4 not null default '{}',
    body        text compression lz4 not null default '',
    tsv         tsvector compression lz4 not null default '',
    parent_id   bigint,
    external_id text,
    version     integer not null default 1,
    ingested_at timestamptz not null default now(),
    constraint documents_pkey primary key (id),
    constraint documents_uid_key unique (uid),
    constraint documents_content_key unique (collection, sha256),
    constraint documents_sha256_check check (octet_length(sha256) = 32),
    constraint documents_parent_fkey foreign key (parent_id) references penstock.documents (id) on delete cascade
);
comment on table penstock.documents is
    'One row a content within a collection. Rows are inserted once and not updated by penstock.';
comment on column penstock.documents.name is
    'Path below the inbox when the content was first seen, bytes that are not valid UTF-8 shown as \xHH; for a child its path inside the parent.';
comment on column penstock.documents.tsv is 'to_tsvector(text search configuration, body)';

create index documents_tsv_idx on penstock.documents using gin (tsv);
create index documents_metadata_idx on penstock.documents using gin (metadata jsonb_path_ops);
create index documents_parent_idx on penstock.documents (parent_id) where parent_id is not null;
create unique index documents_external_idx on penstock.documents (collection, external_id, version)
    where external_id is not null;

create sequence penstock.job_token;
comment on sequence penstock.job_token is 'Fencing tokens: a claim with a larger token has superseded one with a smaller.';

-- Every job is inserted once (claimed) and updated once (finished). No index holds a column that changes and half of
-- each page is left free, so that the update is heap-only (HOT). No foreign key to documents: its row lock would
-- write to every documents row that was just inserted.
create table penstock.jobs (
    id          bigint generated always as identity,
    collection  text not null,
    path        bytea not null,
    size        bigint not null,
    mtime       bigint not null,
    ctime       bigint not null,
    node        text not null,
    token       bigint not null,
    state       text not null,
    attempt     integer not null default 1,
    strikes     integer not null default 0,
    outcome     text,
    document_id bigint,
    error       text,
    seen_at     timestamptz not null,
    claimed_at  timestamptz not null default now(),
    finished_at timestamptz,
    constraint jobs_pkey primary key (id),
    constraint jobs_state_check check (state in ('claimed', 'done', 'quarantined', 'retried')),
    constraint jobs_outcome_check check (outcome in
        ('stored', 'duplicate', 'unsupported', 'changed', 'vanished', 'failed'))
) with (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.1);
comment on table penstock.jobs is
    'One row an appearance of a file: collection, path below the inbox, size, modification and change time (nanoseconds since 1970).';
comment on column penstock.jobs.state is
    'claimed: being worked on by node; done: see outcome; quarantined: see error, `penstock retry`; retried: put back into the inbox from quarantine.';

-- sha256(path): a path may be longer than a btree entry can be (2,704 bytes).
create unique index jobs_appearance_key on penstock.jobs (sha256(path), mtime, size, ctime, collection);

create table penstock.job_retries (
    job_id bigint not null,
    run_at timestamptz not null,
    reason text not null,
    constraint job_retries_pkey primary key (job_id),
    constraint job_retries_job_fkey foreign key (job_id) references penstock.jobs (id) on delete cascade
);
comment on table penstock.job_retries is 'Jobs that wait for another attempt; the row goes when the attempt begins.';

create table penstock.nodes (
    id          text not null,
    boot        bigint not null,
    first_token bigint not null,
    lowest_job  bigint not null,
    lease_until timestamptz not null,
    text_config text not null,
    version     text not null,
    started_at  timestamptz not null,
    constraint nodes_pkey primary key (id)
) with (fillfactor = 50);
comment on column penstock.nodes.boot is 'Counts the sessions of the node.';
comment on column penstock.nodes.first_token is 'Claims of this node with a smaller token belong to an earlier session and are void.';
comment on column penstock.nodes.lowest_job is 'No claimed job of this node has a smaller id: rescue starts here.';
comment on column penstock.nodes.lease_until is 'The claims of the node are its own until then, by the clock of the database.';

create table penstock.events (
    id          bigint generated always as identity,
    at          timestamptz not null default now(),
    node        text not null,
    kind        text not null,
    job_id      bigint,
    document_id bigint,
    details     jsonb not null default '{}',
    constraint events_pkey primary key (id)
);
comment on table penstock.events is 'What happened out of the ordinary, when, to whom; append-only.';
create index events_job_idx on penstock.events (job_id) where job_id is not null;

-- The vector of a text. PostgreSQL refuses a text whose vector is longer than 1 MB (error 54000); such a text is indexed
-- without positions, and if that is still too long, as much of its beginning as fits. Three words of
-- vector a word of text is the most that the parser makes, hence the short way for short texts.
create function penstock.vector(config regconfig, body text) returns tsvector
language plpgsql stable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
    part integer := length(body);
    step constant integer := 200000;
    result tsvector;
    at integer;
begin
    if octet_length(body) <= 200000 then
        return to_tsvector(config, body);
    end if;
    begin
        return to_tsvector(config, body);
    exception when program_limit_exceeded then
        null;
    end;
    while part > 1000 loop
        begin
            result := '';
            for at in 1 .. part by step loop
                result := result || strip(to_tsvector(config, substr(body, at, least(step, part - at + 1))));
            end loop;
            return result;
        exception when program_limit_exceeded then
            part := part / 2;
        end;
    end loop;
    return '';
end
$$;

-- Websearch syntax: words, "a phrase", or, -not. Ranked by ts_rank_cd; snippets are made for the rows returned only.
create function penstock.search(
    query text,
    max_results integer default 10,
    in_collection text default null,
    config regconfig default null,
    highlight text default 'StartSel=<b>, StopSel=</b>, MaxFragments=2, MaxWords=18, MinWords=6, FragmentDelimiter=" … "'
) returns table (
    id bigint, uid uuid, collection text, name text, title text, media_type text,
    rank real, snippet text, byte_size bigint, ingested_at timestamptz
)
language sql stable parallel safe set search_path = pg_catalog, pg_temp as $$
    with settings as (
        select coalesce(
            search.config,
            (select n.text_config::regconfig from penstock.nodes n order by n.lease_until desc limit 1),
            'english'::regconfig) as config
    ),
    found as (
        select d.id, ts_rank_cd(d.tsv, q.query, 1) as rank, q.query, s.config
        from settings s
        cross join lateral websearch_to_tsquery(s.config, search.query) as q (query)
        join penstock.documents d on d.tsv @@ q.query
        where search.in_collection is null or d.collection = search.in_collection
        order by 2 desc, d.id desc
        limit search.max_results
    )
    select d.id, d.uid, d.collection, d.name, d.title, d.media_type, f.rank,
           ts_headline(f.config, left(d.body, 1000000), f.query, search.highlight),
           d.byte_size, d.ingested_at
    from found f
    join penstock.documents d on d.id = f.id
    order by f.rank desc, d.id desc
$$;
comment on function penstock.search(text, integer, text, regconfig, text) is
    'Full-text search in websearch syntax, best first, with a highlighted snippet.';
