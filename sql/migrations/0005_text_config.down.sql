-- Which configuration a document had is forgotten: all are searched under that of the node that was here last.
-- Websearch syntax: words, "a phrase", or, -not. Ranked by ts_rank_cd; snippets are made for the rows returned only. Without a
-- query, the newest documents with these tags.
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
        select coalesce(
            search.config,
            (select n.text_config::regconfig from penstock.nodes n order by n.lease_until desc limit 1),
            'english'::regconfig) as config,
            case when search.with_tags is not null then jsonb_build_object('tags', search.with_tags) end as tags
    ),
    -- Of its own, so that the index of tags is read, and not all documents from the newest on.
    tagged as materialized (
        select d.id, s.config
        from settings s
        join penstock.documents d on d.metadata @> s.tags
        where (search.in_collection is null or d.collection = search.in_collection)
            and (search.all_versions or d.external_id is null or not exists (
                select from penstock.documents n
                where n.collection = d.collection and n.external_id = d.external_id and n.version > d.version))
    ),
    found as (
        (select d.id, ts_rank_cd(d.tsv, q.query, 1) as rank, q.query, s.config
        from settings s
        cross join lateral websearch_to_tsquery(s.config, search.query) as q (query)
        join penstock.documents d on d.tsv @@ q.query
        where (search.in_collection is null or d.collection = search.in_collection)
            and (s.tags is null or d.metadata @> s.tags)
            and (search.all_versions or d.external_id is null or not exists (
                select from penstock.documents n
                where n.collection = d.collection and n.external_id = d.external_id and n.version > d.version))
        order by 2 desc, d.id desc
        limit search.max_results)
        union all
        (select t.id, 0, null, t.config
        from tagged t
        where coalesce(btrim(search.query), '') = ''
        order by t.id desc
        limit search.max_results)
    )
    select d.id, d.uid, d.collection, d.name, d.title, d.media_type, f.rank,
           coalesce(ts_headline(f.config, left(d.body, 1000000), f.query, search.highlight),
                    btrim(regexp_replace(left(d.body, 200), '\s+', ' ', 'g'))),
           d.byte_size, d.ingested_at
    from found f
    join penstock.documents d on d.id = f.id
    order by f.rank desc, d.id desc
$$;

drop function penstock.queries(text, regconfig);
comment on column penstock.nodes.text_config is null;
drop table penstock.text_configs;
alter table penstock.documents drop column text_config;
comment on column penstock.documents.tsv is 'to_tsvector(text search configuration, body)';
