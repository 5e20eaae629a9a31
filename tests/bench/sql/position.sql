-- Purchased and occupied seats of each license at an instant, as known at the same instant; nothing of the product in it.
WITH bought AS (
    SELECT line_id, sum(quantity) AS seats
    FROM lot
    WHERE tenant_id = :tenant AND "start" <= :at AND ("end" IS NULL OR "end" > :at)
      AND recorded_at <= :at AND (superseded_at IS NULL OR superseded_at > :at)
    GROUP BY line_id
), held AS (
    SELECT a.line_id, count(*) AS seats
    FROM assignment a
    WHERE a.tenant_id = :tenant AND a.started_at <= :at AND a.recorded_at <= :at
      AND (a.released_at IS NULL OR a.released_at > :at OR a.released_recorded_at > :at)
      AND (a.invitation_expires_at IS NULL OR a.invitation_expires_at > :at OR a.accepted_at <= :at)
    GROUP BY a.line_id
)
SELECT e.name, sum(coalesce(b.seats, 0)), sum(coalesce(h.seats, 0))
FROM entitlement e
JOIN metric_line l ON l.tenant_id = e.tenant_id AND l.entitlement_id = e.id
LEFT JOIN bought b ON b.line_id = l.id
LEFT JOIN held h ON h.line_id = l.id
WHERE e.tenant_id = :tenant
GROUP BY e.id, e.name
