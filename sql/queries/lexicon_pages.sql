-- What the 256 characters of each page of $1 are to the default parser in this database's locale, a byte each
-- (search/tokens.h): 1 a letter, 2 a mark, which continues a word, 4 a space. Found out by what it makes of each in three places.
-- (No count: the planner would take it for so much work that compiling it, which takes longer than running it, would pay.)
select page, string_agg(set_byte('\x00', 0,
    case when c between 128 and 55295 or c > 57343 then (
        select case when alone in (1, 2) then 1 when not is_cut then 2 else 0 end + case when behind_dots = 19 then 4 else 0 end
        from (select
            (select tokid from pg_catalog.ts_parse('default', chr(c)) limit 1) as alone,
            exists (select from pg_catalog.ts_parse('default', 'é' || chr(c) || 'é') offset 1) as is_cut,
            (select tokid from pg_catalog.ts_parse('default', '..' || chr(c)) limit 1) as behind_dots) as places)
    else 0 end), '' order by c)
from unnest($1::bigint[]) as pages (page),
    lateral generate_series(page::integer * 256, page::integer * 256 + 255) as characters (c)
group by page
