-- outside of a transaction
-- What a channel was given, the newest first. An index that was cut short is made again.

drop index concurrently if exists payouts.legs_by_channel;
create index concurrently legs_by_channel on payouts.legs (channel, payout_id);
