-- What the text search configuration $1 is made of: its parser, and its dictionaries in alphabetical order.
select p.prsname::text,
    coalesce((select string_agg(distinct d.dictname::text, ', ' order by d.dictname::text)
              from pg_catalog.pg_ts_config_map m
              join pg_catalog.pg_ts_dict d on d.oid = m.mapdict
              where m.mapcfg = c.oid), 'none')
from pg_catalog.pg_ts_config c
join pg_catalog.pg_ts_parser p on p.oid = c.cfgparser
where c.oid = $1::text::regconfig
