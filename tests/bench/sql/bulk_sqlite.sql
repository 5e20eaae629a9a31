-- Seats for everybody in `picked` on one line with no end to its seats: the counters, then five rows a seat.
-- An id is the time in milliseconds (:head, six bytes) and chance, so that new rows come last in every index.
CREATE TEMP TABLE asked AS
SELECT person,
  lower(substr(hex(person), 1, 8) || '-' || substr(hex(person), 9, 4) || '-' || substr(hex(person), 13, 4) || '-'
    || substr(hex(person), 17, 4) || '-' || substr(hex(person), 21)) AS said,
  CAST(:head || randomblob(10) AS BLOB) AS seat,
  CAST(:head || randomblob(10) AS BLOB) AS entry,
  CAST(:head || randomblob(10) AS BLOB) AS event
FROM picked;
UPDATE room SET occupied = occupied + (SELECT count(*) FROM asked) WHERE tenant_id = :tenant AND id IN (:line, :pool);
INSERT INTO assignment (tenant_id, id, line_id, pool_id, person_id, state, overage, started_at, recorded_at, version)
SELECT :tenant, seat, :line, :pool, person, 'ASSIGNED', 0, :now, :now, 1 FROM asked;
INSERT INTO assignment_step (tenant_id, id, assignment_id, state, event, at, recorded_at, actor)
SELECT :tenant, seat, seat, 'ASSIGNED', 'ASSIGN', :now, :now, :actor FROM asked;
INSERT INTO entry (tenant_id, id, recorded_at, actor, act, subject_type, subject_id, after, request_id)
SELECT :tenant, entry, :now, :actor, 'seat:assign', 'assignment', seat,
  '{"state":"ASSIGNED","pool_id":"' || :pool_said || '","person_id":"' || said
    || '","overage":false,"invitation_expires_at":null}',
  :request
FROM asked;
INSERT INTO unsealed (tenant_id, id) SELECT :tenant, entry FROM asked;
INSERT INTO outbox_event (tenant_id, id, name, subject_id, facts, recorded_at, available_at, attempts)
SELECT :tenant, event, 'SeatAssigned', seat,
  '{"pool_id":"' || :pool_said || '","line_id":"' || :line_said || '","person_id":"' || said
    || '","state":"ASSIGNED","overage":false}',
  :now, :now, 0
FROM asked;
