rollback to savepoint probe
