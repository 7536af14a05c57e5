-- What the 256 characters of page $1 are to the default parser in this database's locale, a byte each (search/tokens.h): 1 a
-- letter, 2 a mark, which continues a word, 4 a space. Found out by what it makes of each in three places.
select string_agg(set_byte('\x00', 0,
    case when p.c between 128 and 55295 or p.c > 57343 then (
        select case when alone in (1, 2) then 1 when inside = 1 then 2 else 0 end + case when behind_dots = 19 then 4 else 0 end
        from (select
            (select tokid from pg_catalog.ts_parse('default', chr(p.c)) limit 1) as alone,
            (select count(*) from pg_catalog.ts_parse('default', 'é' || chr(p.c) || 'é')) as inside,
            (select tokid from pg_catalog.ts_parse('default', '..' || chr(p.c)) limit 1) as behind_dots) as a)
    else 0 end), '' order by p.c)
from generate_series($1::bigint::integer * 256, $1::bigint::integer * 256 + 255) as p (c)
