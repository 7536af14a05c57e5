-- $1 text: the part that floor_export.sql means; COPY takes no parameters.
select set_config('loadtest.part', $1, false)
