-- Which configuration a document had is forgotten: all are searched under that of the node that was here last.
-- Websearch syntax: words, "a phrase", or, -not. Ranked by ts_rank_cd; snippets are made for the rows returned only.
create or replace function penstock.search(
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

drop function penstock.queries(text, regconfig);
comment on column penstock.nodes.text_config is null;
drop table penstock.text_configs;
alter table penstock.documents drop column text_config;
comment on column penstock.documents.tsv is 'to_tsvector(text search configuration, body)';
