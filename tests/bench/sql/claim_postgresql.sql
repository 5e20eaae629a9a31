-- One seat of one pool for one person, if there is room: the counters and the five rows that tell of it.
WITH found AS (
  UPDATE room SET occupied = occupied + 1
  WHERE tenant_id = %(tenant)s::uuid AND id = %(pool)s::uuid AND (ceiling IS NULL OR occupied < ceiling)
  RETURNING id
), line AS (
  UPDATE room SET occupied = occupied + 1
  WHERE tenant_id = %(tenant)s::uuid AND id = %(line)s::uuid AND EXISTS (SELECT FROM found)
), asked AS (
  SELECT gen_random_uuid() AS seat, gen_random_uuid() AS entry, gen_random_uuid() AS event FROM found
), seated AS (
  INSERT INTO assignment (tenant_id, id, line_id, pool_id, person_id, state, overage, started_at, recorded_at, version)
  SELECT %(tenant)s::uuid, seat, %(line)s::uuid, %(pool)s::uuid, %(person)s::uuid, 'ASSIGNED', false, now(), now(), 1
  FROM asked
), stepped AS (
  INSERT INTO assignment_step (tenant_id, id, assignment_id, state, event, at, recorded_at, actor)
  SELECT %(tenant)s::uuid, seat, seat, 'ASSIGNED', 'ASSIGN', now(), now(), %(actor)s::text FROM asked
), told AS (
  INSERT INTO entry (tenant_id, id, recorded_at, actor, act, subject_type, subject_id, after, request_id)
  SELECT %(tenant)s::uuid, entry, now(), %(actor)s::text, 'seat:assign', 'assignment', seat,
    jsonb_build_object('state', 'ASSIGNED', 'pool_id', %(pool)s::uuid, 'person_id', %(person)s::uuid, 'overage', false,
      'invitation_expires_at', NULL),
    gen_random_uuid()
  FROM asked
), waiting AS (
  INSERT INTO unsealed (tenant_id, id) SELECT %(tenant)s::uuid, entry FROM asked
), happened AS (
  INSERT INTO outbox_event (tenant_id, id, name, subject_id, facts, recorded_at, available_at, attempts)
  SELECT %(tenant)s::uuid, event, 'SeatAssigned', seat,
    jsonb_build_object('pool_id', %(pool)s::uuid, 'line_id', %(line)s::uuid, 'person_id', %(person)s::uuid, 'state',
      'ASSIGNED', 'overage', false),
    now(), now(), 0
  FROM asked
)
SELECT seat FROM asked
