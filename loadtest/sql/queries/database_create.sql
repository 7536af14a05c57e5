-- $1 text: name. UTF8 whatever the server's template is, as penstock needs it.
select format('create database %I template template0 encoding ''UTF8''', $1::text)
