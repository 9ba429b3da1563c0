-- What every start makes sure of, before any migration: the platform's databases and its plain login.
-- Run by psql as the owner, with the variable app_password. Safe to run any number of times.

-- Nothing of this session goes to the server's log: it holds a password.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';

SELECT 'CREATE ROLE tael_app'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tael_app')
\gexec

SELECT 'CREATE ROLE tael_vault'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tael_vault')
\gexec

-- The files in secrets/ are the truth; what tael_app and tael_vault may touch is granted by migrations.
ALTER ROLE tael_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'app_password';
ALTER ROLE tael_vault LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'vault_password';

-- Maintenance may wait and think as long as it likes; everybody else has the limits of postgresql.conf.
ALTER ROLE tael_owner SET lock_timeout = 0;
ALTER ROLE tael_owner SET idle_in_transaction_session_timeout = 0;

SELECT 'CREATE DATABASE tael OWNER tael_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'tael')
\gexec

SELECT 'CREATE DATABASE tael_test OWNER tael_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'tael_test')
\gexec
