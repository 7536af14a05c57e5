-- Each document has the text search configuration of its own language (PENSTOCK_TEXT_CONFIG=auto), and is searched under that.

-- A name, since pg_upgrade refuses columns of type regconfig. Added without a default: no row is written.
alter table penstock.documents add column text_config text;
comment on column penstock.documents.text_config is
    'Text search configuration of tsv, with its schema unless that is pg_catalog: tsv = to_tsvector(text_config::regconfig, body). Null in rows of versions before it: see text_configs.';
comment on column penstock.documents.tsv is 'to_tsvector(text_config::regconfig, body)';

create table penstock.text_configs (
    name    text not null,
    unnamed boolean not null default false,
    constraint text_configs_pkey primary key (name)
);
comment on table penstock.text_configs is
    'Text search configurations that documents have; written with the first document of each. penstock.search() looks under these.';
comment on column penstock.text_configs.unnamed is 'Also that of documents whose text_config is null.';
create unique index text_configs_unnamed_idx on penstock.text_configs (unnamed) where unnamed;

-- What is there was stored under the configuration of the node; of several nodes, that of the last one.
do $$
declare
    setting text := (select n.text_config from penstock.nodes n order by n.lease_until desc limit 1);
begin
    if exists (select from penstock.documents) then
        insert into penstock.text_configs (name, unnamed)
        select case when n.nspname <> 'pg_catalog' then quote_ident(n.nspname) || '.' else '' end || quote_ident(c.cfgname), true
        from pg_catalog.pg_ts_config c
        join pg_catalog.pg_namespace n on n.oid = c.cfgnamespace
        where c.oid = coalesce(setting, 'english')::regconfig;
    end if;
exception
    when undefined_object or invalid_schema_name or invalid_name or syntax_error then
        null; -- it is gone, and nothing can be searched under it
end
$$;

comment on column penstock.nodes.text_config is
    'Text search configuration of documents whose language is not known, or has none; without PENSTOCK_TEXT_CONFIG=auto that of all.';

-- A query, parsed under each configuration that documents have. Those under which it comes to the same are one row, so that the
-- index is read once for them. `unnamed`: the configuration of documents without one, when it is among these: the one that
-- text_configs tells, else that of the last node. A configuration that was dropped is passed over. With `config` there is one row
-- for all documents. One row is what the planner expects: more are rare, and what is best for one is for a few.
-- (In plpgsql, since a session plans it once.)
create function penstock.queries(query text, config regconfig default null)
returns table (parsed tsquery, configs text[], unnamed regconfig)
language plpgsql stable parallel safe rows 1 set search_path = pg_catalog, pg_temp set client_min_messages = warning as $$
#variable_conflict use_column
begin
    return query
    with node as (
        select coalesce((select n.text_config from penstock.nodes n order by n.lease_until desc limit 1), 'english') as text_config
    ),
    used (name, unnamed) as (
        select c.name, c.unnamed or (c.name = (select node.text_config from node)
                                     and not exists (select from penstock.text_configs u where u.unnamed))
        from penstock.text_configs c
        union all
        select node.text_config, true from node where not exists (select from penstock.text_configs)
    )
    select p.query, array_agg(u.name), min(c.oid) filter (where u.unnamed)::regconfig
    from used u
    join pg_ts_config c on true
    join pg_namespace n on n.oid = c.cfgnamespace
        and u.name = case when n.nspname <> 'pg_catalog' then quote_ident(n.nspname) || '.' else '' end || quote_ident(c.cfgname)
    cross join lateral websearch_to_tsquery(c.oid::regconfig, queries.query) as p (query)
    where queries.config is null and numnode(p.query) > 0
    group by p.query
    union all
    select websearch_to_tsquery(queries.config, queries.query), null, null
    where queries.config is not null;
end
$$;
comment on function penstock.queries(text, regconfig) is
    'A query in websearch syntax under each text search configuration that documents have; used by penstock.search().';

-- As before, but each document is matched, ranked and shown under its own configuration. With `config` the query is parsed under
-- that one only, and held against all documents.
create or replace function penstock.search(
    query text,
    max_results integer default 10,
    in_collection text default null,
    config regconfig default null,
    highlight text default 'StartSel=<b>, StopSel=</b>, MaxFragments=2, MaxWords=18, MinWords=6, FragmentDelimiter=" … "',
    with_tags text[] default null,
    all_versions boolean default false
) returns table (
    id bigint, uid uuid, collection text, name text, title text, media_type text,
    rank real, snippet text, byte_size bigint, ingested_at timestamptz
)
language sql stable parallel safe set search_path = pg_catalog, pg_temp as $$
    with settings as (
        select case when search.with_tags is not null then jsonb_build_object('tags', search.with_tags) end as tags
    ),
    -- Of its own, so that the index of tags is read, and not all documents from the newest on.
    tagged as materialized (
        select d.id
        from settings s
        join penstock.documents d on d.metadata @> s.tags
        where (search.in_collection is null or d.collection = search.in_collection)
            and (search.all_versions or d.external_id is null or not exists (
                select from penstock.documents n
                where n.collection = d.collection and n.external_id = d.external_id and n.version > d.version))
    ),
    found as (
        (select d.id, ts_rank_cd(d.tsv, q.parsed, 1) as rank, q.parsed, q.unnamed
        from settings s
        cross join penstock.queries(search.query, search.config) q
        join penstock.documents d on d.tsv @@ q.parsed
            and (q.configs is null or d.text_config = any (q.configs) or (d.text_config is null and q.unnamed is not null))
        where (search.in_collection is null or d.collection = search.in_collection)
            and (s.tags is null or d.metadata @> s.tags)
            and (search.all_versions or d.external_id is null or not exists (
                select from penstock.documents n
                where n.collection = d.collection and n.external_id = d.external_id and n.version > d.version))
        order by 2 desc, d.id desc
        limit search.max_results)
        union all
        (select t.id, 0, null, null
        from tagged t
        where coalesce(btrim(search.query), '') = ''
        order by t.id desc
        limit search.max_results)
    )
    select d.id, d.uid, d.collection, d.name, d.title, d.media_type, f.rank,
           coalesce(ts_headline(coalesce(search.config, d.text_config::regconfig, f.unnamed), left(d.body, 1000000), f.parsed,
                                search.highlight),
                    btrim(regexp_replace(left(d.body, 200), '\s+', ' ', 'g'))),
           d.byte_size, d.ingested_at
    from found f
    join penstock.documents d on d.id = f.id
    order by f.rank desc, d.id desc
$$;
