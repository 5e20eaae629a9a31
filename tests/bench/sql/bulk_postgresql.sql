-- Seats for everybody in `picked` on one line with no end to its seats: the counters and five rows a seat, one statement.
WITH asked AS MATERIALIZED (
  SELECT person, gen_random_uuid() AS seat, gen_random_uuid() AS entry, gen_random_uuid() AS event FROM picked
), counted AS (
  UPDATE room SET occupied = occupied + (SELECT count(*) FROM asked)
  WHERE tenant_id = %(tenant)s::uuid AND id IN (%(line)s::uuid, %(pool)s::uuid)
), seated AS (
  INSERT INTO assignment (tenant_id, id, line_id, pool_id, person_id, state, overage, started_at, recorded_at, version)
  SELECT %(tenant)s::uuid, seat, %(line)s::uuid, %(pool)s::uuid, person, 'ASSIGNED', false, now(), now(), 1 FROM asked
), stepped AS (
  INSERT INTO assignment_step (tenant_id, id, assignment_id, state, event, at, recorded_at, actor)
  SELECT %(tenant)s::uuid, seat, seat, 'ASSIGNED', 'ASSIGN', now(), now(), %(actor)s::text FROM asked
), told AS (
  INSERT INTO entry (tenant_id, id, recorded_at, actor, act, subject_type, subject_id, after, request_id)
  SELECT %(tenant)s::uuid, entry, now(), %(actor)s::text, 'seat:assign', 'assignment', seat,
    jsonb_build_object('state', 'ASSIGNED', 'pool_id', %(pool)s::uuid, 'person_id', person, 'overage', false,
      'invitation_expires_at', NULL),
    %(request)s::uuid
  FROM asked
), waiting AS (
  INSERT INTO unsealed (tenant_id, id) SELECT %(tenant)s::uuid, entry FROM asked
)
INSERT INTO outbox_event (tenant_id, id, name, subject_id, facts, recorded_at, available_at, attempts)
SELECT %(tenant)s::uuid, event, 'SeatAssigned', seat,
  jsonb_build_object('pool_id', %(pool)s::uuid, 'line_id', %(line)s::uuid, 'person_id', person, 'state', 'ASSIGNED',
    'overage', false),
  now(), now(), 0
FROM asked
