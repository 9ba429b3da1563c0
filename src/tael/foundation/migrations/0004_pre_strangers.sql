-- What strangers write is limited by the network from which they come, at the vault as well. Buckets of networks are many,
-- and of no use once they are full again.

grant delete on foundation.rate_buckets to tael_app;
grant usage on schema foundation to tael_vault;
grant select, insert, update on foundation.rate_buckets to tael_vault;
