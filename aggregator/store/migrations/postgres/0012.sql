-- Many workers: which shard a source is polled in (by its host), and who has leased it until when.
ALTER TABLE sources ADD COLUMN shard BIGINT, ADD COLUMN leased_until TIMESTAMPTZ, ADD COLUMN leased_by TEXT COLLATE "C";
CREATE INDEX sources_due ON sources (shard, (coalesce(next_poll_at, ''))) WHERE position IS NOT NULL AND gone = 0;
CREATE INDEX sources_without_shard ON sources (key) WHERE shard IS NULL AND position IS NOT NULL;
CREATE TABLE shards (
  shard        BIGINT PRIMARY KEY,
  ended_at     TIMESTAMPTZ,              -- NULL: somebody is at it, or died at it
  leased_until TIMESTAMPTZ,
  leased_by    TEXT COLLATE "C"
);
INSERT INTO shards SELECT shard, now() FROM generate_series(0, 255) AS shard;
