delete from penstock.schema_migrations where version = $1::int8::int4
