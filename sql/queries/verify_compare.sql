-- Every object of the two schemas as (kind, name, definition); then what only one of them has, or has otherwise.
with
ns as (
    select oid, nspname from pg_namespace where nspname in ('penstock', 'penstock_verify')
),
rel as (
    select c.*, n.nspname from pg_class c join ns n on n.oid = c.relnamespace
),
object (schema, kind, name, definition) as (
    select nspname,
           case relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
                        when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table'
                        when 'c' then 'composite type' else relkind::text end,
           relname::text,
           concat_ws(' ', 'persistence', relpersistence, 'options', reloptions::text,
                     case when relrowsecurity then 'row security' end,
                     case when relforcerowsecurity then 'forced' end,
                     case when relkind in ('v', 'm') then pg_get_viewdef(oid) end)
    from rel where relkind not in ('i', 'I', 't')
    union all
    select r.nspname, 'column', r.relname || '.' || a.attname,
           concat_ws(' ', format_type(a.atttypid, a.atttypmod),
                     case when a.attnotnull then 'not null' end,
                     'default ' || pg_get_expr(d.adbin, d.adrelid),
                     'identity ' || nullif(a.attidentity::text, ''),
                     'generated ' || nullif(a.attgenerated::text, ''),
                     'collate ' || nullif(a.attcollation, t.typcollation)::regcollation::text,
                     'compression ' || nullif(a.attcompression::text, ''),
                     'storage ' || nullif(a.attstorage, t.typstorage)::text,
                     'statistics ' || nullif(nullif(a.attstattarget, -1), 0)::text,
                     -- pg_attver: a stamp that the server itself puts on every column (seen with 15.20), never the same twice.
                     'options ' || (select string_agg(o, ',' order by o) from unnest(a.attoptions) o
                                    where o not like 'pg\_attver=%'))
    from rel r
    join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where r.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
    union all
    select r.nspname, 'index', r.relname::text,
           concat_ws(' ', pg_get_indexdef(i.indexrelid), case when not i.indisvalid then 'invalid' end)
    from rel r join pg_index i on i.indexrelid = r.oid
    union all
    select n.nspname, 'constraint', coalesce(r.relname || '.', '') || c.conname,
           pg_get_constraintdef(c.oid)
    from pg_constraint c join ns n on n.oid = c.connamespace left join rel r on r.oid = c.conrelid
    union all
    select r.nspname, 'sequence', r.relname::text || ' (numbers)',
           concat_ws(' ', format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle)
    from rel r join pg_sequence s on s.seqrelid = r.oid
    union all
    select n.nspname, 'function', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
           case when p.prokind = 'a' then 'aggregate' else pg_get_functiondef(p.oid) end
    from pg_proc p join ns n on n.oid = p.pronamespace
    union all
    select r.nspname, 'trigger', r.relname || '.' || t.tgname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
    from rel r join pg_trigger t on t.tgrelid = r.oid and not t.tgisinternal
    union all
    select r.nspname, 'rule', r.relname || '.' || w.rulename, pg_get_ruledef(w.oid)
    from rel r join pg_rewrite w on w.ev_class = r.oid and w.rulename <> '_RETURN'
    union all
    select r.nspname, 'policy', r.relname || '.' || p.polname,
           concat_ws(' ', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
    from rel r join pg_policy p on p.polrelid = r.oid
    union all
    select r.nspname, 'statistics', x.stxname::text, pg_get_statisticsobjdef(x.oid)
    from rel r join pg_statistic_ext x on x.stxrelid = r.oid
    union all
    select n.nspname, 'type', t.typname::text,
           concat_ws(' ', t.typtype, nullif(t.typbasetype, 0)::regtype::text, case when t.typnotnull then 'not null' end, t.typdefault,
                     (select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid))
    from pg_type t join ns n on n.oid = t.typnamespace
    where t.typtype in ('d', 'e', 'r')
    union all
    select r.nspname, 'comment', r.relname || coalesce('.' || a.attname, ''), d.description
    from rel r
    join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = r.oid
    left join pg_attribute a on a.attrelid = r.oid and a.attnum = d.objsubid and d.objsubid > 0
    union all
    select n.nspname, 'comment', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', d.description
    from pg_proc p
    join ns n on n.oid = p.pronamespace
    join pg_description d on d.classoid = 'pg_proc'::regclass and d.objoid = p.oid
),
named as (
    select schema, kind, replace(name, 'penstock_verify.', 'penstock.') as name,
           replace(definition, 'penstock_verify.', 'penstock.') as definition
    from object
),
live as (select * from named where schema = 'penstock'),
made as (select * from named where schema = 'penstock_verify')
select case
           when live.name is null then 'missing ' || made.kind || ' ' || made.name
           when made.name is null then 'unexpected ' || live.kind || ' ' || live.name
           else 'different ' || live.kind || ' ' || live.name
       end
from live full join made using (kind, name)
where live.name is null or made.name is null or live.definition is distinct from made.definition
order by kind, name
