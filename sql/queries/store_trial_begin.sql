savepoint probe
