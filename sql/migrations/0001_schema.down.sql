drop function penstock.search(text, integer, text, regconfig, text);
drop function penstock.vector(regconfig, text);
drop table penstock.events;
drop table penstock.nodes;
drop table penstock.job_retries;
drop table penstock.jobs;
drop sequence penstock.job_token;
drop table penstock.documents;
