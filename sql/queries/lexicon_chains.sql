-- How the text search configuration $1 treats each type of token. Types with the same dictionaries, in the same order, have
-- the same chain. `plain`: whatever the ASCII word, its lexeme is its lower case. `total`: no word is unknown, since the last
-- dictionary takes all. `is_known`: all dictionaries are of templates that judge a word by itself, so that each word need be
-- asked for but once.
select m.maptokentype as type,
    dense_rank() over (order by m.dictionaries) as chain,
    m.dictionaries::text,
    m.plain,
    m.total,
    m.is_known and p.prsname = 'default' and p.prsnamespace = 'pg_catalog'::regnamespace as is_known
from pg_catalog.pg_ts_config c
join pg_catalog.pg_ts_parser p on p.oid = c.cfgparser
join lateral (
    select m.maptokentype,
        array_agg(m.mapdict order by m.mapseqno) as dictionaries,
        count(*) = 1 and bool_and(t.tmplname = 'simple' and d.dictinitoption is null
            and pg_catalog.ts_lexize(d.oid::regdictionary, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')
                = array['abcdefghijklmnopqrstuvwxyz']) as plain,
        bool_or(t.tmplname = 'snowball' or (t.tmplname = 'simple' and coalesce(d.dictinitoption, '') !~* 'accept')) as total,
        bool_and(t.tmplname in ('simple', 'synonym', 'ispell', 'snowball', 'intdict_template', 'xsyn_template')) as is_known
    from pg_catalog.pg_ts_config_map m
    join pg_catalog.pg_ts_dict d on d.oid = m.mapdict
    join pg_catalog.pg_ts_template t on t.oid = d.dicttemplate
    where m.mapcfg = c.oid
    group by m.maptokentype
) m on true
where c.oid = $1::text::regconfig
order by m.maptokentype
