insert into penstock.schema_migrations (version, name, sha256) values ($1::int8::int4, $2, $3)
